package io.tidegate.iscsi.wire;

import java.util.List;
import java.util.Random;

/** PDUs with random content, for round trips. */
final class SamplePdus {

    private SamplePdus() {}

    static List<InitiatorPdu> initiator(Random r) {
        byte[] cdb = new byte[r.nextBoolean() ? 16 : 17 + r.nextInt(244)];
        r.nextBytes(cdb);
        boolean transit = r.nextBoolean();
        return List.of(
                new InitiatorPdu.ScsiCommand(
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextInt(8),
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        cdb,
                        r.nextBoolean() ? 0 : r.nextInt()),
                new InitiatorPdu.DataOut(
                        r.nextBoolean(),
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new InitiatorPdu.NopOut(
                        r.nextBoolean(),
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new InitiatorPdu.TaskManagementRequest(
                        r.nextBoolean(),
                        r.nextInt(128),
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new InitiatorPdu.LoginRequest(
                        transit,
                        r.nextBoolean(),
                        r.nextInt(4),
                        transit ? r.nextInt(4) : 0,
                        r.nextInt(256),
                        r.nextInt(256),
                        r.nextLong() >>> 16,
                        r.nextInt(65536),
                        r.nextInt(),
                        r.nextInt(65536),
                        r.nextInt(),
                        r.nextInt()),
                new InitiatorPdu.TextRequest(
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new InitiatorPdu.LogoutRequest(
                        r.nextBoolean(),
                        r.nextInt(128),
                        r.nextInt(),
                        r.nextInt(65536),
                        r.nextInt(),
                        r.nextInt()),
                new InitiatorPdu.SnackRequest(
                        r.nextInt(16),
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()));
    }

    static List<TargetPdu> target(Random r) {
        boolean transit = r.nextBoolean();
        return List.of(
                new TargetPdu.ScsiResponse(
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextInt(256),
                        r.nextInt(256),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new TargetPdu.DataIn(
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextInt(256),
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new TargetPdu.R2t(
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new TargetPdu.NopIn(
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new TargetPdu.TaskManagementResponse(
                        r.nextInt(256), r.nextInt(), r.nextInt(), r.nextInt(), r.nextInt()),
                new TargetPdu.LoginResponse(
                        transit,
                        r.nextBoolean(),
                        r.nextInt(4),
                        transit ? r.nextInt(4) : 0,
                        r.nextInt(256),
                        r.nextInt(256),
                        r.nextLong() >>> 16,
                        r.nextInt(65536),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(65536)),
                new TargetPdu.TextResponse(
                        r.nextBoolean(),
                        r.nextBoolean(),
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt()),
                new TargetPdu.LogoutResponse(
                        r.nextInt(256),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(65536),
                        r.nextInt(65536)),
                new TargetPdu.AsyncMessage(
                        r.nextLong(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(),
                        r.nextInt(256),
                        r.nextInt(256),
                        r.nextInt(65536),
                        r.nextInt(65536),
                        r.nextInt(65536)),
                new TargetPdu.Reject(
                        r.nextInt(256), r.nextInt(), r.nextInt(), r.nextInt(), r.nextInt()));
    }
}
