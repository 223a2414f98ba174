/** Runs a task while no other tab runs one of that name. Where there are no locks (plain HTTP), it runs all the same. */
export function exclusively<T>(name: string, task: () => Promise<T>): Promise<T> {
  return navigator.locks ? (navigator.locks.request(name, task) as Promise<T>) : task();
}
