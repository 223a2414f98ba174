type Task = () => void;

/** Time for tasks before the page handles events and draws, in milliseconds. */
const SLICE = 10;

let spent = 0;
let scheduled = false;
const waiting: Task[] = [];

/** Runs a task now, or soon if other tasks have already taken their slice of time. */
export function runSoon(task: Task): void {
  if (waiting.length === 0 && spent < SLICE) run(task);
  else waiting.push(task);
  schedule();
}

function run(task: Task): void {
  const start = performance.now();
  task();
  spent += performance.now() - start;
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => {
    scheduled = false;
    spent = 0;
    while (waiting.length > 0 && spent < SLICE) run(waiting.shift()!);
    if (waiting.length > 0) schedule();
  });
}
