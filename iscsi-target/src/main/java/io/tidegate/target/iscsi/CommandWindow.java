package io.tidegate.target.iscsi;

import io.tidegate.iscsi.wire.Serial;

/**
 * Command numbers of a session and the window it is granted (RFC 7143, 4.2.2.1). The window is what
 * the session may have outstanding: it starts small, doubles when it is used up, and closes command
 * by command while it is. What was granted is never taken back. For the session's loop.
 */
final class CommandWindow {
    /** What becomes of a command by its number. */
    enum Verdict {
        NEXT,
        /** Outside the window: passed over in silence, as the standard asks. */
        OUTSIDE,
        /** Inside, but one before it is missing, which one connection cannot mend. */
        GAP
    }

    private final int most;
    private int window;
    private int outstanding;
    private int expCmdSn;
    private int maxCmdSn;

    CommandWindow(int firstCmdSn, int window, int most) {
        this.window = window;
        this.most = most;
        this.expCmdSn = firstCmdSn;
        this.maxCmdSn = firstCmdSn + window - 1;
    }

    Verdict accept(int cmdSn) {
        if (cmdSn == expCmdSn && !Serial.before(maxCmdSn, cmdSn)) {
            expCmdSn++;
            return Verdict.NEXT;
        }
        return Serial.within(cmdSn, expCmdSn, maxCmdSn) ? Verdict.GAP : Verdict.OUTSIDE;
    }

    /**
     * A numbered command has begun.
     *
     * @param roomy whether there is memory for a larger window
     */
    void began(boolean roomy) {
        outstanding++;
        if (outstanding >= window && roomy) {
            window = Math.min(most, window * 2);
        }
    }

    void ended() {
        outstanding--;
    }

    int size() {
        return window;
    }

    int outstanding() {
        return outstanding;
    }

    int expCmdSn() {
        return expCmdSn;
    }

    /** The last number that the initiator may use, as of now. */
    int maxCmdSn() {
        int free = Math.max(0, window - outstanding);
        int now = expCmdSn - 1 + free;
        if (Serial.before(maxCmdSn, now)) {
            maxCmdSn = now;
        }
        return maxCmdSn;
    }
}
