package io.tidegate.scsi.copy;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.tidegate.scsi.copy.ExtendedCopyList.Format;
import java.util.Arrays;

/**
 * Everything of third-party copy that comes from outside as bytes. Runs the inputs that are kept
 * under the test resources; set JAZZER_FUZZ=1 to look for more.
 */
class CopyWireFuzzTest {

    @FuzzTest(maxDuration = "60s")
    void parameterList(byte[] data) {
        ListInvariants.check(data, Format.LID1, CopyLimits.DEFAULT);
    }

    @FuzzTest(maxDuration = "60s")
    void longParameterList(byte[] data) {
        ListInvariants.check(data, Format.LID4, CopyLimits.DEFAULT);
    }

    @FuzzTest(maxDuration = "30s")
    void command(byte[] data) {
        CopyCdb command = CopyCdb.parse(Arrays.copyOf(data, 16));
        if (command instanceof CopyCdb.Receive receive) {
            assertThat(receive.listId()).isBetween(0L, 0xffff_ffffL);
        }
    }

    @FuzzTest(maxDuration = "60s")
    void page(byte[] data) {
        ThirdPartyCopyPage page = ThirdPartyCopyPage.parse(data);
        if (page != null) {
            assertThat(ThirdPartyCopyPage.parse(page.encode())).isNotNull();
        }
    }

    @FuzzTest(maxDuration = "60s")
    void results(byte[] data) {
        CopyResult.Status status = CopyResult.Status.parse(data);
        if (status != null) {
            assertThat(CopyResult.Status.parse(status.encode())).isEqualTo(status);
        }
        OperationStatus operation = OperationStatus.parse(data);
        if (operation != null) {
            assertThat(OperationStatus.parse(operation.encode())).isEqualTo(operation);
        }
        CopyResult.FailureDetails failure = CopyResult.FailureDetails.parse(data);
        if (failure != null) {
            assertThat(CopyResult.FailureDetails.parse(failure.encode())).isEqualTo(failure);
        }
        CopyResult.OperatingParameters can = CopyResult.OperatingParameters.parse(data);
        if (can != null) {
            assertThat(CopyResult.OperatingParameters.parse(can.encode())).isEqualTo(can);
        }
    }
}
