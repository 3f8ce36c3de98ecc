import { planningSection } from './planning.ts';
console.log(await planningSection.run({} as never));
