import { showBranchOf } from '../branches/switch';
import { jumpTo } from '../messages/jump';
import { open } from '../route';

/** Opens a chat at a message. If the message is on another branch, that becomes the active one. */
export async function openMessage(conversationId: string, { id, onBranch }: { id: string; onBranch: boolean }): Promise<void> {
  if (!onBranch && !(await showBranchOf(conversationId, id))) return;
  jumpTo(conversationId, id);
  open(conversationId);
}
