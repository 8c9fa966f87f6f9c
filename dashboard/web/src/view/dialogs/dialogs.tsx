/*
 * view/dialogs/ is what opens over the page, a dialog a file. Each is shown while `services.shell.dialog` has its name.
 */
import type { Services } from "../services.ts";
import { AboutDialog } from "./about.tsx";
import { ColumnsDialog } from "./columns.tsx";
import { ExportDialog } from "./export.tsx";
import { ImportDialog } from "./import.tsx";
import { KeysDialog } from "./keys.tsx";
import { NameDialog } from "./name.tsx";
import { RecoveredDialog } from "./recovered.tsx";
import { SettingsDialog } from "./settings.tsx";
import { ShareDialog } from "./share.tsx";

/** The dialog that is open, if any. */
export function Dialogs({ services }: { readonly services: Services }) {
  const { dialog } = services.shell;
  const close = () => {
    dialog.value = null;
  };
  switch (dialog.value) {
    case "settings":
      return <SettingsDialog services={services} close={close} />;
    case "keys":
      return <KeysDialog close={close} />;
    case "about":
      return <AboutDialog services={services} close={close} />;
    case "new":
      return <NameDialog services={services} close={close} rename={false} />;
    case "rename":
      return <NameDialog services={services} close={close} rename />;
    case "share":
      return <ShareDialog services={services} close={close} />;
    case "import":
      return <ImportDialog services={services} close={close} />;
    case "export":
      return <ExportDialog services={services} close={close} />;
    case "columns":
      return <ColumnsDialog services={services} close={close} />;
    case "recovered":
      return <RecoveredDialog services={services} close={close} />;
    case null:
      return null;
  }
}
