import type { Message } from './list';

/**
 * The messages to show. Who tries again after a reply that failed with nothing said asks the same once more: then the first
 * question is not shown, nor that it failed. Nothing else is left out, so that nothing is hidden for as long as it stands alone.
 */
export function withoutAskedAgain(messages: readonly Message[]): readonly Message[] {
  const isAskedAgain = (index: number) => {
    const [question, reply, next] = messages.slice(index, index + 3);
    return question?.role === 'USER' && saidNothing(reply) && next?.role === 'USER' && next.content === question.content;
  };
  return messages.filter((_, index) => !isAskedAgain(index) && !isAskedAgain(index - 1));
}

function saidNothing(reply: Message | undefined): boolean {
  return reply?.role === 'ASSISTANT' && reply.status === 'FAILED' && reply.content === '';
}
