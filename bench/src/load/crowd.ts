/**
 * Does `work` for 0 … count − 1 with `atOnce` of them under way: a crowd of clients that does not overflow the
 * server's queue of half-open connections, which would measure the kernel's retry timer.
 */
export async function crowd<T>(count: number, atOnce: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = new Array<T>(count)
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) results[index] = await work(index)
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker))
  return results
}
