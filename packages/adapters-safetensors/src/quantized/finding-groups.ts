import { shown } from '../json/checkpoint-json.ts';
import type { CheckpointFinding, Consumer } from './finding.ts';

// Names in one message: enough to see what they have in common.
const NAMED = 3;
// A checkpoint made to be a nuisance has as many kinds of faults as tensors.
const MOST_GROUPS = 100;

/** Collects what is wrong with single tensors, one finding for each kind and reason: a wrong group size concerns thousands. */
export interface FindingGroups {
  readonly add: (finding: GroupedFinding, tensor: string) => void;
  readonly list: () => readonly CheckpointFinding[];
}

export interface GroupedFinding {
  readonly id: string;
  readonly severity: CheckpointFinding['severity'];
  /** What holds for each of the tensors; put after their names. */
  readonly what: string;
  readonly stops?: readonly Consumer[];
}

export function findingGroups(): FindingGroups {
  const groups: Map<string, Group> = new Map();
  return {
    add: (finding, tensor) => {
      const identity = `${finding.id}\n${finding.what}`;
      let group = groups.get(identity);
      if (group === undefined) {
        group = { finding, names: [], count: 0 };
        groups.set(identity, group);
      }
      group.count += 1;
      if (group.names.length < NAMED) group.names.push(tensor);
    },
    list: () => {
      const all = [...groups.values()];
      const rest = all.slice(MOST_GROUPS);
      const listed = all.slice(0, MOST_GROUPS).map(({ finding: { id, severity, what, stops = [] }, names, count }) => {
        const more = count > names.length ? `, … (${count} in all)` : '';
        const message = `${names.map(shown).join(', ')}${more}: ${what}`;
        const [tensor] = names;
        return {
          id,
          severity,
          message,
          ...(tensor === undefined ? {} : { tensor }),
          ...(count > 1 ? { count } : {}),
          stops,
        };
      });
      return rest.length === 0 ? listed : [...listed, restOf(rest)];
    },
  };
}

interface Group {
  readonly finding: GroupedFinding;
  readonly names: string[];
  count: number;
}

function restOf(rest: readonly Group[]): CheckpointFinding {
  const tensors = rest.reduce((sum, { count }) => sum + count, 0);
  return {
    id: 'more-findings',
    severity: rest.some(({ finding }) => finding.severity === 'error') ? 'error' : 'warning',
    message: `${rest.length} more kinds of faults, of ${tensors} tensors`,
    count: tensors,
    stops: [...new Set(rest.flatMap(({ finding }) => finding.stops ?? []))],
  };
}
