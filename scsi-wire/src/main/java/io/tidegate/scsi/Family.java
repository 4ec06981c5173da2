package io.tidegate.scsi;

/** The sealed families of commands; whoever executes commands binds one handler to each. */
public enum Family {
    MEDIUM(MediumCommand.class),
    PROVISIONING(ProvisioningCommand.class),
    DISCOVERY(DiscoveryCommand.class),
    UNIT(UnitCommand.class),
    MODE(ModeCommand.class),
    RESERVATION(ReservationCommand.class),
    COPY(CopyCommand.class);

    private final Class<? extends ScsiCommand> root;

    Family(Class<? extends ScsiCommand> root) {
        this.root = root;
    }

    /** The sealed interface that all commands of the family implement. */
    public Class<? extends ScsiCommand> root() {
        return root;
    }
}
