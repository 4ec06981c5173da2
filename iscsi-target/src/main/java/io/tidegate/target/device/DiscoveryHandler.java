package io.tidegate.target.device;

import io.tidegate.presentation.LunDirectory;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.DiscoveryCommand;
import io.tidegate.scsi.DiscoveryCommand.Inquiry;
import io.tidegate.scsi.DiscoveryCommand.ReportLuns;
import io.tidegate.scsi.DiscoveryCommand.ReportOperations;
import io.tidegate.scsi.DiscoveryCommand.ReportTargetPortGroups;
import io.tidegate.scsi.DiscoveryCommand.ReportTaskManagement;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.LunList;
import io.tidegate.scsi.Sense;
import io.tidegate.target.attention.Attention;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands that tell what a LUN is and can do (SPC-5, clause 6). */
final class DiscoveryHandler implements Handler<DiscoveryCommand> {

    private static final int LEAST_LUN_LIST = 16;
    // ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET, TARGET RESET
    private static final byte TASK_MANAGEMENT = (byte) 0xda;

    private final LunDirectory directory;
    private final VitalPages pages;

    DiscoveryHandler(LunDirectory directory, VitalPages pages) {
        this.directory = directory;
        this.pages = pages;
    }

    @Override
    public Step begin(Context c, DiscoveryCommand command) {
        return switch (command) {
            case Inquiry inquiry -> inquiry(c, inquiry);
            case ReportLuns luns -> {
                Sense fault = faultOf(luns);
                yield fault == null ? luns(c.nexus(), luns) : c.check(fault);
            }
            case ReportOperations operations -> SupportedOperations.answer(c, operations);
            case ReportTaskManagement tasks -> taskManagement(c, tasks);
            case ReportTargetPortGroups groups -> portGroups(c, groups);
        };
    }

    private Step inquiry(Context c, Inquiry command) {
        if (!command.vital()) {
            return command.page() != 0
                    ? c.check(Sense.invalidFieldInCdb(2, 7))
                    : Context.data(pages.standard(c.lun(), c.lun().number()), command.allocation());
        }
        byte[] page = pages.page(c, command.page());
        return page == null
                ? c.check(Sense.invalidFieldInCdb(2, 7))
                : Context.data(page, command.allocation());
    }

    /** INQUIRY to a LUN number that nothing is mapped to. */
    Step inquiryOfNothing(Inquiry command, int number) {
        if (command.vital() || command.page() != 0) {
            return noUnit(Sense.invalidFieldInCdb(command.vital() ? 1 : 2, -1));
        }
        return Context.data(pages.standard(null, number), command.allocation());
    }

    /** REPORT LUNS to a LUN number that nothing is mapped to. */
    static Step lunsOfNothing(Nexus nexus, ReportLuns command) {
        Sense fault = faultOf(command);
        return fault == null ? luns(nexus, command) : noUnit(fault);
    }

    static Step noUnit(Sense sense) {
        return new Step.Finish(ScsiResult.check(sense.encode(false)));
    }

    private static @Nullable Sense faultOf(ReportLuns command) {
        if (command.select() > 2) {
            return Sense.invalidFieldInCdb(2, 7);
        }
        boolean tooShort = (command.allocation() & 0xffffffffL) < LEAST_LUN_LIST;
        return tooShort ? Sense.invalidFieldInCdb(6, 7) : null;
    }

    private static Step luns(Nexus nexus, ReportLuns command) {
        nexus.luns().forEach(lun -> lun.attentions().remove(Attention.LUNS_CHANGED));
        List<Long> luns =
                command.select() == 1 // well known logical units only: there are none
                        ? List.of()
                        : nexus.luns().stream().map(l -> LunAddress.encode(l.number())).toList();
        return Context.data(LunList.encode(luns), command.allocation());
    }

    private static Step taskManagement(Context c, ReportTaskManagement command) {
        if ((command.allocation() & 0xffffffffL) < 4) {
            return c.check(Sense.invalidFieldInCdb(6, 7));
        }
        byte[] out = new byte[command.extended() ? 16 : 4];
        out[0] = TASK_MANAGEMENT;
        Be.put8(out, 3, command.extended() ? 12 : 0);
        return Context.data(out, command.allocation());
    }

    private Step portGroups(Context c, ReportTargetPortGroups command) {
        if (command.format() > 1) {
            return c.check(Sense.invalidFieldInCdb(1, 7));
        }
        byte[] out =
                TargetPortGroups.report(
                        command.format() == 1, TargetPortGroups.ports(directory, c.nexus().id()));
        return Context.data(out, command.allocation());
    }
}
