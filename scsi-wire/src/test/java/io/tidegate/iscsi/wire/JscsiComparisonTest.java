package io.tidegate.iscsi.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Random;
import org.jscsi.parser.ProtocolDataUnit;
import org.jscsi.parser.ProtocolDataUnitFactory;
import org.jscsi.parser.data.DataInParser;
import org.jscsi.parser.login.LoginRequestParser;
import org.jscsi.parser.r2t.Ready2TransferParser;
import org.jscsi.parser.scsi.SCSICommandParser;
import org.junit.jupiter.api.Test;

/** Our PDUs as another implementation reads them, and its bytes for the same values. */
class JscsiComparisonTest {
    private static final long SEED = Long.getLong("seed", 2600);

    private static ProtocolDataUnit read(ByteBuf ours) throws Exception {
        ProtocolDataUnit pdu = new ProtocolDataUnitFactory().create("None", "None");
        ByteBuffer bytes = ByteBuffer.wrap(ByteBufUtil.getBytes(ours, 0, 48));
        pdu.deserialize(bytes);
        return pdu;
    }

    private static void sameBytes(ProtocolDataUnit theirs, ByteBuf ours) throws Exception {
        ByteBuffer bytes = theirs.serialize();
        bytes.rewind();
        assertThat(ByteBufUtil.hexDump(Unpooled.wrappedBuffer(bytes), 0, 48))
                .isEqualTo(ByteBufUtil.hexDump(ours, 0, 48));
    }

    @Test
    void scsiCommands() throws Exception {
        Random r = new Random(SEED);
        for (int i = 0; i < 200; i++) {
            byte[] cdb = new byte[16];
            r.nextBytes(cdb);
            InitiatorPdu.ScsiCommand pdu =
                    new InitiatorPdu.ScsiCommand(
                            false,
                            true,
                            true,
                            false,
                            1,
                            (long) r.nextInt(256) << 48,
                            r.nextInt(),
                            r.nextInt(Integer.MAX_VALUE),
                            r.nextInt(),
                            r.nextInt(),
                            cdb,
                            0);
            ByteBuf ours = Unpooled.buffer();
            pdu.write(ours, 0);
            ProtocolDataUnit theirs = read(ours);
            SCSICommandParser parser =
                    (SCSICommandParser) theirs.getBasicHeaderSegment().getParser();
            assertThat(parser.getExpectedDataTransferLength()).isEqualTo(pdu.expectedLength());
            assertThat(parser.getCommandSequenceNumber()).isEqualTo(pdu.cmdSn());
            assertThat(parser.isReadExpectedFlag()).isTrue();
            assertThat(parser.isWriteExpectedFlag()).isFalse();
            assertThat(parser.getLogicalUnitNumber()).isEqualTo(pdu.lun());
            sameBytes(theirs, ours);
        }
    }

    @Test
    void dataIn() throws Exception {
        Random r = new Random(SEED);
        for (int i = 0; i < 200; i++) {
            TargetPdu.DataIn pdu =
                    new TargetPdu.DataIn(
                            true,
                            false,
                            false,
                            true,
                            true,
                            0,
                            0,
                            r.nextInt(),
                            Bhs.NO_TAG,
                            r.nextInt(),
                            r.nextInt(),
                            r.nextInt(),
                            r.nextInt(),
                            r.nextInt(1 << 20),
                            r.nextInt(1 << 20));
            ByteBuf ours = Unpooled.buffer();
            pdu.write(ours, 0);
            ProtocolDataUnit theirs = read(ours);
            DataInParser parser = (DataInParser) theirs.getBasicHeaderSegment().getParser();
            assertThat(parser.getBufferOffset()).isEqualTo(pdu.bufferOffset());
            assertThat(parser.getDataSequenceNumber()).isEqualTo(pdu.dataSn());
            assertThat(parser.isResidualUnderflow()).isTrue();
            assertThat(parser.getResidualCount()).isEqualTo(pdu.residual());
            assertThat(parser.isStatusFlag()).isTrue();
            assertThat(parser.getMaximumCommandSequenceNumber()).isEqualTo(pdu.maxCmdSn());
        }
    }

    @Test
    void readyToTransfer() throws Exception {
        TargetPdu.R2t pdu = new TargetPdu.R2t(0, 7, 9, 11, 13, 15, 17, 65536, 262144);
        ByteBuf ours = Unpooled.buffer();
        pdu.write(ours, 0);
        ProtocolDataUnit theirs = read(ours);
        Ready2TransferParser parser =
                (Ready2TransferParser) theirs.getBasicHeaderSegment().getParser();
        assertThat(parser.getTargetTransferTag()).isEqualTo(9);
        assertThat(parser.getReady2TransferSequenceNumber()).isEqualTo(17);
        assertThat(parser.getBufferOffset()).isEqualTo(65536);
        assertThat(parser.getDesiredDataTransferLength()).isEqualTo(262144);
        sameBytes(theirs, ours);
    }

    @Test
    void loginRequests() throws Exception {
        InitiatorPdu.LoginRequest pdu =
                new InitiatorPdu.LoginRequest(
                        true, false, 1, 3, 0, 0, 0x400001370000L, 0x55, 3, 4, 5, 6);
        ByteBuf ours = Unpooled.buffer();
        pdu.write(ours, 0);
        ProtocolDataUnit theirs = read(ours);
        LoginRequestParser parser = (LoginRequestParser) theirs.getBasicHeaderSegment().getParser();
        assertThat(parser.getConnectionID()).isEqualTo(4);
        assertThat(parser.getTargetSessionIdentifyingHandle()).isEqualTo((short) 0x55);
        assertThat(parser.getCurrentStageNumber().value()).isEqualTo((byte) 1);
        assertThat(parser.getNextStageNumber().value()).isEqualTo((byte) 3);
        sameBytes(theirs, ours);
    }
}
