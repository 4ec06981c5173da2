package io.tidegate.iscsi.wire;

/** Functions and answers of task management (RFC 7143, 11.5.1 and 11.6.1). */
public final class TaskFunction {
    public static final int ABORT_TASK = 1;
    public static final int ABORT_TASK_SET = 2;
    public static final int CLEAR_ACA = 3;
    public static final int CLEAR_TASK_SET = 4;
    public static final int LOGICAL_UNIT_RESET = 5;
    public static final int TARGET_WARM_RESET = 6;
    public static final int TARGET_COLD_RESET = 7;
    public static final int TASK_REASSIGN = 8;

    public static final int COMPLETE = 0;
    public static final int NO_TASK = 1;
    public static final int NO_LUN = 2;
    public static final int TASK_STILL_ALLEGIANT = 3;
    public static final int REASSIGN_NOT_SUPPORTED = 4;
    public static final int NOT_SUPPORTED = 5;
    public static final int AUTHORIZATION_FAILED = 6;
    public static final int REJECTED = 255;

    private TaskFunction() {}
}
