package io.tidegate.target.device;

import io.tidegate.presentation.UnitSpaces;
import io.tidegate.presentation.UnitSpaces.Space;
import io.tidegate.scsi.Be;
import io.tidegate.scsi.LogPage;
import io.tidegate.scsi.LogPage.Parameter;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.UnitCommand.LogSense;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * LOG SENSE (SPC-5, 6.9 and 7.3; SBC-4, 6.4). The counts are those of all nexuses since the start
 * of the target; no host can set them back, and no threshold is set for any (ETC=0), so that
 * threshold values are refused. Pages that are lists are the same for every page control.
 */
final class LogHandler {

    private static final int BYTES_PROCESSED = 0x0005;
    private static final int UNCORRECTED = 0x0006;
    private static final int AVAILABLE = 0x0001;
    private static final int USED = 0x0002;
    private static final byte OF_THE_UNIT = 1;
    private static final byte SHARED = 2;

    private static final List<Integer> PAGES =
            List.of(
                    LogPage.SUPPORTED << 8,
                    LogPage.SUPPORTED << 8 | LogPage.ALL_SUBPAGES,
                    LogPage.WRITE_ERRORS << 8,
                    LogPage.READ_ERRORS << 8,
                    LogPage.VERIFY_ERRORS << 8,
                    LogPage.PROVISIONING << 8,
                    LogPage.STATISTICS << 8,
                    LogPage.EXCEPTIONS << 8);

    private final UnitSpaces spaces;
    private final AtomicReference<UnitActivity> counters =
            new AtomicReference<>(unit -> UnitActivity.Counts.NONE);

    LogHandler(UnitSpaces spaces) {
        this.spaces = spaces;
    }

    void count(UnitActivity by) {
        counters.set(by);
    }

    private static List<Integer> pages(Context c) {
        return c.unit().shape().thin()
                ? PAGES
                : PAGES.stream().filter(p -> p != LogPage.PROVISIONING << 8).toList();
    }

    Step begin(Context c, LogSense command) {
        if (command.save()) {
            return c.check(Sense.invalidFieldInCdb(1, 0));
        }
        int code = command.page() << 8 | command.subpage();
        if (!pages(c).contains(code)) {
            boolean pageIsThere = pages(c).contains(command.page() << 8);
            return c.check(
                    pageIsThere ? Sense.invalidFieldInCdb(3, 7) : Sense.invalidFieldInCdb(2, 5));
        }
        if (command.page() == LogPage.SUPPORTED) {
            return command.pointer() != 0
                    ? c.check(Sense.invalidFieldInCdb(5, 7))
                    : Context.data(
                            LogPage.supported(pages(c), command.subpage() != 0),
                            command.allocation());
        }
        if (command.page() == LogPage.PROVISIONING) {
            return new Step.Run(Lane.LONG, () -> answer(c, command, provisioning(c)));
        }
        boolean counts = command.page() != LogPage.EXCEPTIONS;
        if (counts && (command.control() & 1) == 0) {
            return c.check(Sense.invalidFieldInCdb(2, 7));
        }
        boolean defaults = command.control() == 3; // what the counts begin with
        List<Parameter> parameters =
                switch (command.page()) {
                    case LogPage.STATISTICS -> statistics(c, defaults);
                    case LogPage.EXCEPTIONS -> exceptions();
                    default -> errors(c, command.page(), defaults);
                };
        return answer(c, command, parameters);
    }

    private static Step answer(Context c, LogSense command, List<Parameter> parameters) {
        byte[] page = new LogPage(command.page(), 0, parameters).encode(command.pointer());
        return page == null
                ? c.check(Sense.invalidFieldInCdb(5, 7))
                : Context.data(page, command.allocation());
    }

    private UnitActivity.Counts counts(Context c) {
        return counters.get().of(c.unit().id());
    }

    private List<Parameter> errors(Context c, int page, boolean defaults) {
        UnitActivity.Counts counts = counts(c);
        MediumErrors errors = c.state().errors();
        long bytes;
        long failed;
        switch (page) {
            case LogPage.WRITE_ERRORS -> {
                bytes = counts.bytesWritten();
                failed = errors.writes();
            }
            case LogPage.READ_ERRORS -> {
                bytes = counts.bytesRead();
                failed = errors.reads();
            }
            default -> {
                bytes = errors.verifiedBytes();
                failed = errors.verifies();
            }
        }
        return List.of(
                Parameter.count(BYTES_PROCESSED, defaults ? 0 : bytes),
                Parameter.count(UNCORRECTED, defaults ? 0 : failed));
    }

    /** Counts and times, in microseconds as the time interval parameter says. */
    private List<Parameter> statistics(Context c, boolean defaults) {
        UnitActivity.Counts counts = defaults ? UnitActivity.Counts.NONE : counts(c);
        byte[] general = new byte[64];
        Be.put64(general, 0, counts.reads());
        Be.put64(general, 8, counts.writes());
        Be.put64(general, 16, counts.bytesWritten() / c.blockBytes());
        Be.put64(general, 24, counts.bytesRead() / c.blockBytes());
        Be.put64(general, 32, counts.readNanos() / 1000);
        Be.put64(general, 40, counts.writeNanos() / 1000);
        byte[] interval = new byte[8];
        Be.put32(interval, 0, -6 & 0xffffffffL); // ten to the power of -6 seconds
        Be.put32(interval, 4, 1);
        return List.of(Parameter.list(0x0001, general), Parameter.list(0x0003, interval));
    }

    /** No exception is pending, and there is no temperature to tell. */
    private static List<Parameter> exceptions() {
        return List.of(Parameter.list(0x0000, (byte) 0, (byte) 0, (byte) 0xff, (byte) 0));
    }

    private List<Parameter> provisioning(Context c) {
        Optional<Space> space = space(c);
        List<Parameter> parameters = new ArrayList<>();
        space.ifPresent(
                s -> {
                    parameters.add(resource(AVAILABLE, s.availableBytes(), SHARED));
                    parameters.add(resource(USED, s.usedBytes(), OF_THE_UNIT));
                });
        return parameters;
    }

    /** Asks for the space, of one unit one at a time: hosts can ask often. */
    Optional<Space> space(Context c) {
        c.state().turns().acquireUninterruptibly();
        try {
            return spaces.of(c.unit());
        } finally {
            c.state().turns().release();
        }
    }

    private static Parameter resource(int code, long bytes, byte scope) {
        byte[] value = new byte[8];
        Be.put32(value, 0, Math.min(bytes / DeviceLimits.THRESHOLD_SET_BYTES, 0xffffffffL));
        value[4] = scope;
        return Parameter.list(code, value);
    }
}
