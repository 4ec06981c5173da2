package io.tidegate.appliance.wiring;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidegate.initiator.CommandResult;
import io.tidegate.initiator.InitiatorException;
import io.tidegate.initiator.Session;
import io.tidegate.scsi.LunAddress;
import io.tidegate.scsi.Sense;
import io.tidegate.scsi.SenseKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A session as a host uses it; each method blocks. Sense is told as in {@code 3F/0E}. */
final class HostPath implements AutoCloseable {

    private static final int BLOCK = 512;

    final Session session;

    HostPath(Session session) {
        this.session = session;
    }

    CommandResult run(int lun, byte[] cdb, @Nullable ByteBuffer out, int in)
            throws InitiatorException {
        return session.execute(LunAddress.encode(lun), cdb, out, in);
    }

    /** A command without data-out; {@code cdb} in hexadecimal digits, filled with zeroes to 16. */
    CommandResult run(int lun, String cdb, int in) throws InitiatorException {
        byte[] bytes = HexFormat.of().parseHex(cdb.replace(" ", ""));
        return run(lun, Arrays.copyOf(bytes, 16), null, in);
    }

    byte[] good(int lun, String cdb, int in) throws InitiatorException {
        CommandResult result = run(lun, cdb, in);
        assertThat(result.good()).as("%s: %s", cdb, result.describe()).isTrue();
        return result.data();
    }

    /** A page of vital product data. */
    byte[] page(int lun, int code) throws InitiatorException {
        return good(lun, String.format(Locale.ROOT, "12 01 %02x 02 00 00", code), 512);
    }

    CommandResult write(int lun, int block, int value) throws InitiatorException {
        ByteBuffer data = ByteBuffer.allocate(BLOCK).putInt(0, value);
        byte[] cdb =
                ByteBuffer.allocate(16).put((byte) 0x8a).putInt(6, block).putInt(10, 1).array();
        return run(lun, cdb, data, 0);
    }

    /** The number in front of a block. */
    int read(int lun, int block) throws InitiatorException {
        String cdb = String.format(Locale.ROOT, "88 00 00000000 %08x 00000001", block);
        return ByteBuffer.wrap(good(lun, cdb, BLOCK)).getInt();
    }

    /** What a TEST UNIT READY ends in: a sense code, or nothing when it is GOOD. */
    String ready(int lun) throws InitiatorException {
        return code(run(lun, "00", 0));
    }

    static String code(CommandResult result) {
        Sense sense = result.sense();
        return sense == null
                ? ""
                : String.format(Locale.ROOT, "%02X/%02X", sense.asc(), sense.ascq());
    }

    /** Every attention that is owed for a LUN, in the order of telling; then there is none left. */
    List<String> attentions(int lun) throws InitiatorException {
        List<String> told = new ArrayList<>();
        for (CommandResult r = run(lun, "00", 0); !r.good(); r = run(lun, "00", 0)) {
            Sense sense = r.sense();
            assertThat(sense != null && sense.key() == SenseKey.UNIT_ATTENTION)
                    .as(r.describe())
                    .isTrue();
            told.add(code(r));
        }
        return told;
    }

    @Override
    public void close() {
        session.close();
    }
}
