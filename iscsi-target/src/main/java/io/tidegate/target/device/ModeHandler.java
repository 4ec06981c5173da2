package io.tidegate.target.device;

import io.tidegate.presentation.ModePageStore;
import io.tidegate.presentation.ModePageStore.SavedModes;
import io.tidegate.presentation.UnitShape;
import io.tidegate.scsi.ModeCommand;
import io.tidegate.scsi.ModeCommand.Select;
import io.tidegate.scsi.ModeList;
import io.tidegate.scsi.ModePages;
import io.tidegate.scsi.ModePages.Threshold;
import io.tidegate.scsi.ModeValues;
import io.tidegate.scsi.Sense;
import io.tidegate.target.attention.Attention;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** MODE SENSE and MODE SELECT; the values are shared by all nexuses of a unit. */
final class ModeHandler implements Handler<ModeCommand> {

    private static final Logger LOG = LoggerFactory.getLogger(ModeHandler.class);

    private final ModePageStore store;
    private final Attentions attentions;
    private final LogHandler logs;

    ModeHandler(ModePageStore store, Attentions attentions, LogHandler logs) {
        this.store = store;
        this.attentions = attentions;
        this.logs = logs;
    }

    @Override
    public Step begin(Context c, ModeCommand command) {
        return switch (command) {
            case ModeCommand.Sense sense -> sense(c, sense);
            case Select select -> select(c, select);
        };
    }

    private static ModeList.Medium medium(Context c) {
        UnitShape shape = c.unit().shape();
        boolean protect = c.lun().writeProtected() || c.state().modes().softwareWriteProtect();
        return new ModeList.Medium(
                protect, shape.geometry().blocks(), shape.geometry().logicalBlockBytes());
    }

    private Step sense(Context c, ModeCommand.Sense command) {
        return c.unit().shape().thin()
                        && ModePages.asksForThreshold(command.page(), command.subpage())
                ? new Step.Run(Lane.LONG, () -> sense(c, command, threshold(c)))
                : sense(c, command, null);
    }

    /** Where the pool tells hosts that it fills up. */
    private @Nullable Threshold threshold(Context c) {
        return logs.space(c)
                .map(s -> new Threshold(s.warnBytes() / DeviceLimits.THRESHOLD_SET_BYTES))
                .orElse(null);
    }

    private static Step sense(Context c, ModeCommand.Sense command, @Nullable Threshold threshold) {
        ModeValues values =
                switch (command.control()) {
                    case CURRENT, CHANGEABLE -> c.state().modes();
                    case DEFAULT -> ModeValues.DEFAULT;
                    case SAVED -> c.state().savedModes();
                };
        byte[] pages =
                ModePages.sense(
                        command.page(), command.subpage(), command.control(), values, threshold);
        if (pages == null) {
            return c.check(Sense.invalidFieldInCdb(2, 5));
        }
        byte[] list = ModeList.encode(command, medium(c), pages);
        return Context.data(list, command.allocation());
    }

    private Step select(Context c, Select command) {
        if (command.parameterLength() == 0) {
            return Context.GOOD;
        }
        return Context.take(command.parameterLength(), data -> select(c, command, data));
    }

    private Step select(Context c, Select command, ByteBuffer data) {
        ModeList.Opened opened = ModeList.open(command.six(), data, medium(c));
        ByteBuffer pages = opened.pages();
        if (pages == null) {
            Sense fault = opened.fault();
            return c.check(fault == null ? Sense.parameterListLength() : fault);
        }
        UnitState state = c.state();
        state.changes().lock();
        try {
            ModeValues before = state.modes();
            ModePages.Selected selected = ModePages.select(pages, before, () -> threshold(c));
            ModeValues after = selected.values();
            if (after == null) {
                Sense fault = selected.fault();
                return c.check(fault == null ? Sense.invalidFieldInParameterList() : fault);
            }
            if (before.writeCache() && !after.writeCache()) {
                Step flushed =
                        c.onMedium(
                                device -> {
                                    device.flush();
                                    return ScsiResult.GOOD;
                                });
                if (!(flushed instanceof Step.Finish f && f.result() == ScsiResult.GOOD)) {
                    return flushed;
                }
            }
            if (command.save() && !save(c, after)) {
                return c.check(Sense.internalTargetFailure());
            }
            state.modes(after);
            if (!after.equals(before)) {
                attentions.toOthers(c.unit(), c.nexus(), Attention.MODE_CHANGED);
            }
            return Context.GOOD;
        } finally {
            state.changes().unlock();
        }
    }

    private boolean save(Context c, ModeValues values) {
        try {
            store.save(
                    c.unit().id(),
                    new SavedModes(
                            values.writeCache(),
                            values.softwareWriteProtect(),
                            values.descriptorSense()));
        } catch (IOException e) {
            LOG.error("mode values of {} could not be saved", c.unit(), e);
            return false;
        }
        c.state().savedModes(values);
        return true;
    }
}
