package io.tidegate.target.iscsi;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tidegate.iscsi.wire.Bhs;
import io.tidegate.iscsi.wire.InitiatorPdu.TextRequest;
import io.tidegate.iscsi.wire.MalformedPduException;
import io.tidegate.iscsi.wire.Negotiation;
import io.tidegate.iscsi.wire.NegotiationException;
import io.tidegate.iscsi.wire.TargetPdu;
import io.tidegate.iscsi.wire.TextAssembler;
import io.tidegate.iscsi.wire.TextKey;
import io.tidegate.iscsi.wire.TextPages;
import io.tidegate.iscsi.wire.TextPair;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Text requests after the login (RFC 7143, 11.10 and 13): SendTargets, and the keys that may change
 * in full feature phase. One exchange at a time; long answers are given out page by page. For the
 * connection's loop.
 */
final class TextPhase {
    private static final int EXCHANGE_TAG = 1;

    private final Connection connection;
    private final Negotiation negotiation;
    private final Discovery discovery;
    private final TextAssembler assembler;

    private @Nullable TextRequest request;
    private @Nullable TextPages pages;

    TextPhase(Connection connection, Negotiation negotiation, Discovery discovery, int maxText) {
        this.connection = connection;
        this.negotiation = negotiation;
        this.discovery = discovery;
        this.assembler = new TextAssembler(maxText, LoginPhase.MAX_PAIRS);
    }

    void begin(TextRequest pdu) throws MalformedPduException {
        boolean goesOn = pdu.targetTransferTag() != Bhs.NO_TAG;
        if (goesOn && pages == null && assembler.isEmpty()) {
            throw new MalformedPduException("text for an exchange that is not under way");
        }
        if (!goesOn) {
            pages = null; // the initiator begins anew
            assembler.reset();
            negotiation.fullFeature();
        }
        if (pdu.continued() && pdu.fin()) {
            throw new MalformedPduException("text both final and continued");
        }
        request = pdu;
    }

    void data(ByteBuf buf, int at, int length) throws MalformedPduException {
        assembler.add(buf, at, length);
    }

    /** The text was damaged on its way: the exchange is forgotten, the initiator begins anew. */
    void damaged() {
        assembler.reset();
        pages = null;
        request = null;
    }

    void end() throws MalformedPduException {
        TextRequest pdu = request;
        if (pdu == null) {
            return;
        }
        TextPages under = pages;
        if (pdu.continued()) {
            respond(pdu, false, false, new byte[0]);
        } else if (under != null && under.hasMore()) {
            assembler.finish();
            page(pdu, under);
        } else {
            TextPages answer = new TextPages(answer(), connection.peerMaxSegment());
            pages = answer;
            page(pdu, answer);
        }
    }

    private void page(TextRequest pdu, TextPages from) {
        byte[] page = from.next();
        boolean more = from.hasMore();
        respond(pdu, !more && pdu.fin(), more, page);
        if (!more) {
            pages = null;
        }
    }

    private byte[] answer() throws MalformedPduException {
        List<TextPair> others = new ArrayList<>();
        List<TextPair> answers = new ArrayList<>();
        boolean asked = false;
        for (TextPair pair : assembler.finish()) {
            if (pair.key().equals(TextKey.SEND_TARGETS.text())) {
                if (asked) {
                    throw new MalformedPduException("SendTargets twice in one text");
                }
                asked = true;
                answers.addAll(discovery.sendTargets(pair.value()));
            } else {
                others.add(pair);
            }
        }
        try {
            answers.addAll(negotiation.receive(others));
        } catch (NegotiationException e) {
            throw new MalformedPduException(String.valueOf(e.getMessage()));
        }
        if (negotiation.heard(TextKey.MAX_RECV_DATA_SEGMENT_LENGTH)) {
            connection.peerMaxSegment(negotiation.parameters().peerMaxSegment());
        }
        return TextPair.encode(answers);
    }

    private void respond(TextRequest pdu, boolean fin, boolean continued, byte[] text) {
        Replies replies = connection.replies();
        replies.write(
                new TargetPdu.TextResponse(
                        fin,
                        continued,
                        pdu.lun(),
                        pdu.initiatorTaskTag(),
                        fin ? Bhs.NO_TAG : EXCHANGE_TAG,
                        replies.nextStatSn(),
                        connection.serials().expCmdSn(),
                        connection.serials().maxCmdSn()),
                Unpooled.wrappedBuffer(text));
    }
}
