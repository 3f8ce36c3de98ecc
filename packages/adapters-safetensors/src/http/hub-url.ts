const HUB_HOST = 'huggingface.co';

/** Paths of the hub that begin like a model's and are something else. */
const OTHER_PATHS: ReadonlySet<string> = new Set([
  'datasets',
  'spaces',
  'docs',
  'blog',
  'api',
  'collections',
  'papers',
  'organizations',
]);

/**
 * The address of the files that a page of the Hugging Face hub shows: `/OWNER/MODEL` means its main revision, `/tree/` and
 * `/blob/` show what `/resolve/` gives. Any other URL is returned as it is.
 */
export function resolveHubUrl(url: URL): URL {
  if (url.hostname !== HUB_HOST) return url;
  const [owner, model, view, ...rest] = url.pathname.split('/').filter((segment) => segment !== '');
  if (owner === undefined || model === undefined || OTHER_PATHS.has(owner)) return url;
  const resolved = new URL(url);
  if (view === undefined) resolved.pathname = `/${owner}/${model}/resolve/main`;
  else if (view === 'tree' || view === 'blob') resolved.pathname = ['', owner, model, 'resolve', ...rest].join('/');
  return resolved;
}
