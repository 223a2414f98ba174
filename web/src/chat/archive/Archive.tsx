import { lazyDialog } from '../ui/lazyDialog';

/** The dialog that lists the archived chats. */
export const { open: openArchive, Dialog: Archive } = lazyDialog(async () => (await import('./ArchiveDialog')).ArchiveDialog);
