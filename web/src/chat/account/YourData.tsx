import { execute } from '../graphql/client';
import { accountTexts } from '../texts';
import { ActionForm } from './ActionForm';
import { DeleteAccount } from './DeleteAccount';
import { download } from './download';
import { ExportMyDataDocument } from './generated';
import { ImportChats } from './ImportChats';

export function YourData({ local }: { local: boolean }) {
  return (
    <section aria-labelledby="account-data">
      <h3 id="account-data">{accountTexts.yourData}</h3>
      <p className="hint">{accountTexts.exportHint}</p>
      <ActionForm
        action={accountTexts.export}
        variant="plain"
        onSubmit={async () => {
          download((await execute(ExportMyDataDocument, {})).exportMyData.url);
          return accountTexts.exporting;
        }}
      />
      <ImportChats />
      <DeleteAccount local={local} />
    </section>
  );
}
