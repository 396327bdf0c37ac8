import type { Plan, Planned } from './plan.ts'

/**
 * Leaves out of a plan what is not needed for it to go wrong: ever smaller stretches of its actions, as long as `goesWrong`
 * still holds without them. The result is minimal in single actions.
 */
export async function shrink(plan: Plan, goesWrong: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let actions: readonly Planned[] = plan.actions
  for (
    let stretch = Math.ceil(actions.length / 2);
    stretch >= 1;
    stretch = stretch === 1 ? 0 : Math.ceil(stretch / 2)
  ) {
    for (let at = 0; at < actions.length; ) {
      const without = [...actions.slice(0, at), ...actions.slice(at + stretch)]
      if (await goesWrong({ ...plan, actions: without })) actions = without
      else at += stretch
    }
  }
  return { ...plan, actions }
}
