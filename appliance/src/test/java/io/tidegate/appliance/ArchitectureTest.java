package io.tidegate.appliance;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.tidegate.block.OwnInterrupt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The arrows of docs/architecture.md, and what no code of the product may call. */
class ArchitectureTest {

    private static final String WIRE = "io.tidegate.iscsi.wire..";
    private static final String SCSI = "io.tidegate.scsi..";
    private static final String COPY = "io.tidegate.copy..";
    private static final String TARGET = "io.tidegate.target..";
    private static final String INITIATOR = "io.tidegate.initiator..";
    private static final String SHELL = "io.tidegate.shell..";
    private static final String APPLIANCE = "io.tidegate.appliance..";
    private static final String[] CORE = {
        "io.tidegate.block..",
        "io.tidegate.pool..",
        "io.tidegate.volume..",
        "io.tidegate.presentation..",
        "io.tidegate.snapshot..",
        "io.tidegate.recovery..",
        "io.tidegate.upkeep..",
        "io.tidegate.job..",
        "io.tidegate.catalog..",
        "io.tidegate.audit..",
        "io.tidegate.event..",
        "io.tidegate.user.."
    };

    private static final JavaClasses PRODUCT =
            new ClassFileImporter()
                    .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                    .withImportOption(location -> !location.contains("test-jar"))
                    .importPackages("io.tidegate");

    @Test
    void wireCodeKnowsNothingOfOurs() {
        only(new String[] {WIRE, SCSI}, WIRE, SCSI);
    }

    @Test
    void coreKnowsNothingOfOursButItself() {
        only(CORE, CORE);
    }

    @Test
    void theCopyEngineKnowsCoreAndScsi() {
        only(new String[] {COPY}, with(CORE, SCSI, COPY));
    }

    @Test
    void theTargetKnowsCoreWireAndCopy() {
        only(new String[] {TARGET}, with(CORE, WIRE, SCSI, COPY, TARGET));
    }

    @Test
    void theInitiatorKnowsDevicesAndWire() {
        only(new String[] {INITIATOR}, "io.tidegate.block..", WIRE, SCSI, INITIATOR);
    }

    @Test
    void theShellKnowsCore() {
        only(new String[] {SHELL}, with(CORE, SHELL));
    }

    @Test
    void devicesKnowNothingAboveThem() {
        only(new String[] {"io.tidegate.block.."}, "io.tidegate.block..");
        only(
                new String[] {"io.tidegate.pool.."},
                "io.tidegate.block..",
                "io.tidegate.volume..",
                "io.tidegate.pool..");
    }

    @Test
    void everyPackageBelongsToAModule() {
        classes()
                .should()
                .resideInAnyPackage(
                        with(CORE, WIRE, SCSI, COPY, TARGET, INITIATOR, SHELL, APPLIANCE))
                .check(PRODUCT);
    }

    @Test
    void thePackagesOfTheTargetHaveNoCircles() {
        SlicesRuleDefinition.slices()
                .matching("io.tidegate.target.(*)..")
                .should()
                .beFreeOfCycles()
                .check(PRODUCT);
    }

    @Test
    void nothingInterruptsAThread() {
        // An interrupt during channel I/O closes the file for every volume in it.
        noClasses()
                .that()
                .doNotBelongToAnyOf(OwnInterrupt.class)
                .should()
                .callMethod(Thread.class, "interrupt")
                .check(PRODUCT);
        noClasses().should().callMethod(ExecutorService.class, "shutdownNow").check(PRODUCT);
        noClasses().should().callMethod(Future.class, "cancel", boolean.class).check(PRODUCT);
    }

    private static void only(String[] from, String... allowed) {
        noClasses()
                .that()
                .resideInAnyPackage(from)
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("io.tidegate..")
                                .and(
                                        com.tngtech.archunit.base.DescribedPredicate.not(
                                                resideInAnyPackage(allowed))))
                .check(PRODUCT);
    }

    private static String[] with(String[] some, String... more) {
        return java.util.stream.Stream.concat(
                        java.util.Arrays.stream(some), java.util.Arrays.stream(more))
                .toArray(String[]::new);
    }
}
