import type { Message } from './list';

/**
 * Returns the messages to show. Retrying after a failed reply without text sends the same question again. The first
 * question and its reply are hidden then, but not before the question was sent again.
 */
export function withoutRetried(messages: readonly Message[]): readonly Message[] {
  const isRetried = (index: number) => {
    const [question, reply, next] = messages.slice(index, index + 3);
    return question?.role === 'USER' && failedEmpty(reply) && next?.role === 'USER' && next.content === question.content;
  };
  return messages.filter((_, index) => !isRetried(index) && !isRetried(index - 1));
}

function failedEmpty(reply: Message | undefined): boolean {
  return reply?.role === 'ASSISTANT' && reply.status === 'FAILED' && reply.content === '';
}
