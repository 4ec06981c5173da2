package io.tidegate.iscsi.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PduRoundTripTest {
    private static final long SEED = Long.getLong("seed", 7143);

    private static Object parse(ByteBuf buf, int at) throws MalformedPduException {
        return switch (Bhs.opcode(buf, at)) {
            case Opcode.SCSI_COMMAND -> InitiatorPdu.ScsiCommand.parse(buf, at);
            case Opcode.DATA_OUT -> InitiatorPdu.DataOut.parse(buf, at);
            case Opcode.NOP_OUT -> InitiatorPdu.NopOut.parse(buf, at);
            case Opcode.TASK_MANAGEMENT_REQUEST ->
                    InitiatorPdu.TaskManagementRequest.parse(buf, at);
            case Opcode.LOGIN_REQUEST -> InitiatorPdu.LoginRequest.parse(buf, at);
            case Opcode.TEXT_REQUEST -> InitiatorPdu.TextRequest.parse(buf, at);
            case Opcode.LOGOUT_REQUEST -> InitiatorPdu.LogoutRequest.parse(buf, at);
            case Opcode.SNACK_REQUEST -> InitiatorPdu.SnackRequest.parse(buf, at);
            case Opcode.SCSI_RESPONSE -> TargetPdu.ScsiResponse.parse(buf, at);
            case Opcode.DATA_IN -> TargetPdu.DataIn.parse(buf, at);
            case Opcode.R2T -> TargetPdu.R2t.parse(buf, at);
            case Opcode.NOP_IN -> TargetPdu.NopIn.parse(buf, at);
            case Opcode.TASK_MANAGEMENT_RESPONSE -> TargetPdu.TaskManagementResponse.parse(buf, at);
            case Opcode.LOGIN_RESPONSE -> TargetPdu.LoginResponse.parse(buf, at);
            case Opcode.TEXT_RESPONSE -> TargetPdu.TextResponse.parse(buf, at);
            case Opcode.LOGOUT_RESPONSE -> TargetPdu.LogoutResponse.parse(buf, at);
            case Opcode.ASYNC_MESSAGE -> TargetPdu.AsyncMessage.parse(buf, at);
            case Opcode.REJECT -> TargetPdu.Reject.parse(buf, at);
            default -> throw new AssertionError("opcode " + Bhs.opcode(buf, at));
        };
    }

    @Test
    void everyPduOfAnInitiatorComesBackAsItWas() throws Exception {
        Random r = new Random(SEED);
        for (int i = 0; i < 500; i++) {
            for (InitiatorPdu pdu : SamplePdus.initiator(r)) {
                ByteBuf buf = Unpooled.buffer().writeZero(r.nextInt(5));
                int at = buf.writerIndex();
                int length = r.nextInt(1 << 24);
                pdu.write(buf, length);
                assertThat(buf.writerIndex() - at).isEqualTo(48 + Bhs.ahsLength(buf, at));
                assertThat(Bhs.dataSegmentLength(buf, at)).isEqualTo(length);
                assertThat(Bhs.initiatorTaskTag(buf, at)).isEqualTo(pdu.initiatorTaskTag());
                assertThat(parse(buf, at))
                        .as("seed %d, %s", SEED, pdu)
                        .usingRecursiveComparison()
                        .isEqualTo(pdu);
            }
        }
    }

    @Test
    void everyPduOfATargetComesBackAsItWas() throws Exception {
        Random r = new Random(SEED);
        for (int i = 0; i < 500; i++) {
            for (TargetPdu pdu : SamplePdus.target(r)) {
                ByteBuf buf = Unpooled.buffer().writeZero(r.nextInt(5));
                int at = buf.writerIndex();
                pdu.write(buf, r.nextInt(1 << 24));
                assertThat(buf.writerIndex() - at).isEqualTo(48);
                assertThat(parse(buf, at)).as("seed %d", SEED).isEqualTo(pdu);
            }
        }
    }

    /** Laid out by hand from RFC 7143, 11.3: a READ(10) of one block. */
    @Test
    void scsiCommandHasTheStandardsBytes() {
        ByteBuf buf = Unpooled.buffer();
        byte[] cdb = HexFormat.of().parseHex("28000000001000000100000000000000");
        new InitiatorPdu.ScsiCommand(
                        false, true, true, false, 1, 1L << 48, 0x11223344, 512, 7, 9, cdb, 0)
                .write(buf, 0);
        assertThat(ByteBufUtil.hexDump(buf))
                .isEqualTo(
                        "01c10000"
                                + "00000000"
                                + "0001000000000000"
                                + "11223344"
                                + "00000200"
                                + "00000007"
                                + "00000009"
                                + "28000000001000000100000000000000");
    }

    /** RFC 7143, 11.7: last Data-In with status and underflow. */
    @Test
    void dataInWithStatusHasTheStandardsBytes() {
        ByteBuf buf = Unpooled.buffer();
        new TargetPdu.DataIn(
                        true,
                        false,
                        false,
                        true,
                        true,
                        0,
                        0,
                        5,
                        Bhs.NO_TAG,
                        10,
                        20,
                        30,
                        2,
                        1024,
                        36)
                .write(buf, 512);
        assertThat(ByteBufUtil.hexDump(buf))
                .isEqualTo(
                        "25830000"
                                + "00000200"
                                + "0000000000000000"
                                + "00000005"
                                + "ffffffff"
                                + "0000000a"
                                + "00000014"
                                + "0000001e"
                                + "00000002"
                                + "00000400"
                                + "00000024");
    }

    @Test
    void aLongCdbTravelsInAnAdditionalHeader() {
        ByteBuf buf = Unpooled.buffer();
        byte[] cdb = new byte[32];
        for (int i = 0; i < cdb.length; i++) {
            cdb[i] = (byte) i;
        }
        new InitiatorPdu.ScsiCommand(false, true, false, false, 0, 0, 1, 0, 0, 0, cdb, 0)
                .write(buf, 0);
        assertThat(Bhs.ahsLength(buf, 0)).isEqualTo(20);
        assertThat(ByteBufUtil.hexDump(buf, 48, 20))
                .isEqualTo("00110100" + "101112131415161718191a1b1c1d1e1f");
    }

    @Test
    void hostileAdditionalHeadersEndInADefinedFailure() {
        Random r = new Random(SEED);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[48 + 64];
            r.nextBytes(bytes);
            bytes[0] = 0x01;
            bytes[4] = (byte) r.nextInt(17);
            ByteBuf buf = Unpooled.wrappedBuffer(bytes);
            try {
                assertThat(InitiatorPdu.ScsiCommand.parse(buf, 0).cdb().length).isBetween(16, 260);
            } catch (MalformedPduException e) {
                assertThat(e).hasMessageContaining("additional header");
            }
        }
    }

    @Test
    void anAdditionalHeaderThatLeavesItsSpaceIsRefused() {
        ByteBuf buf = Unpooled.buffer().writeZero(48 + 4);
        buf.setByte(4, 1);
        buf.setBytes(48, new byte[] {0, 17, 1, 0});
        assertThatThrownBy(() -> InitiatorPdu.ScsiCommand.parse(buf, 0))
                .isInstanceOf(MalformedPduException.class);
    }

    @Test
    void serialNumbersWrap() {
        assertThat(Serial.before(0xffffffff, 0)).isTrue();
        assertThat(Serial.before(0, 0xffffffff)).isFalse();
        assertThat(Serial.within(1, 0xfffffff0, 16)).isTrue();
        assertThat(Serial.within(17, 0xfffffff0, 16)).isFalse();
        assertThat(Serial.within(0xffffffef, 0xfffffff0, 16)).isFalse();
    }
}
