package io.tidegate.target.device;

import io.tidegate.scsi.ScsiCommand;

/** Does the commands of one family. Calls come from loops and must not block. */
@FunctionalInterface
interface Handler<C extends ScsiCommand> {

    Step begin(Context context, C command);
}
