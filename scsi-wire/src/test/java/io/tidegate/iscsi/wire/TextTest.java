package io.tidegate.iscsi.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextTest {

    private static byte[] bytes(String text) {
        return text.replace('|', '\0').getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void pairsComeBackInOrder() throws Exception {
        List<TextPair> pairs =
                List.of(new TextPair("A", "1"), new TextPair("B", ""), new TextPair("C", "x=y"));
        assertThat(TextPair.encode(pairs)).isEqualTo(bytes("A=1|B=|C=x=y|"));
        assertThat(TextPair.decode(TextPair.encode(pairs))).isEqualTo(pairs);
        assertThat(TextPair.decode(bytes("||A=1||"))).containsExactly(new TextPair("A", "1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"A=1", "A|", "=1|", "A=1|B", "A=1|=|"})
    void malformedTextIsRefused(String text) {
        assertThatThrownBy(() -> TextPair.decode(bytes(text)))
                .isInstanceOf(MalformedPduException.class);
    }

    @Test
    void lengthsAreLimited() {
        assertThatThrownBy(() -> TextPair.decode(bytes("K".repeat(64) + "=1|")))
                .isInstanceOf(MalformedPduException.class);
        assertThatThrownBy(() -> TextPair.decode(bytes("K=" + "v".repeat(8193) + "|")))
                .isInstanceOf(MalformedPduException.class);
        assertThatThrownBy(() -> TextPair.decode(new byte[] {'A', '=', (byte) 0xff, 0}))
                .isInstanceOf(MalformedPduException.class);
        TextAssembler assembler = new TextAssembler(10);
        assertThatThrownBy(() -> assembler.add(Unpooled.wrappedBuffer(new byte[11]), 0, 11))
                .isInstanceOf(MalformedPduException.class);
    }

    @Test
    void continuedTextIsPutTogether() throws Exception {
        Random r = new Random(1);
        List<TextPair> pairs = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            pairs.add(new TextPair("Key" + i, "v".repeat(r.nextInt(60))));
        }
        TextPages pages = new TextPages(TextPair.encode(pairs), 512);
        TextAssembler assembler = new TextAssembler(1 << 16);
        int count = 0;
        do {
            byte[] page = pages.next();
            assertThat(page.length).isLessThanOrEqualTo(512);
            assembler.add(Unpooled.wrappedBuffer(page), 0, page.length);
            count++;
        } while (pages.hasMore());
        assertThat(count).isGreaterThan(5);
        assertThat(assembler.finish()).isEqualTo(pairs);
        assertThat(assembler.isEmpty()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"0,0", "4096,4096", "0x10,16", "0XfF,255"})
    void numbers(String text, long value) {
        assertThat(TextValues.number(text)).hasValue(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "+1", "0x", "0x-1", "1k", "0xg", " 1", "0x11111111111111111"})
    void noNumbers(String text) {
        assertThat(TextValues.number(text)).isEmpty();
    }

    @Test
    void binaryValues() {
        assertThat(TextValues.binary("0x0aFF", 10)).containsExactly(10, -1);
        assertThat(TextValues.binary("0xaff", 10)).containsExactly(10, -1);
        assertThat(TextValues.binary("0bCv8=", 10)).containsExactly(10, -1);
        assertThat(TextValues.binary(TextValues.binary(new byte[] {1, 2}), 2))
                .containsExactly(1, 2);
        assertThat(TextValues.binary("0x010203", 2)).isNull();
        assertThat(TextValues.binary("0xzz", 2)).isNull();
        assertThat(TextValues.binary("0b*", 2)).isNull();
        assertThat(TextValues.binary("12", 2)).isNull();
    }

    @Test
    void names() {
        assertThat(IscsiName.normalise("IQN.2026-11.io.Tidegate:A1"))
                .contains("iqn.2026-11.io.tidegate:a1");
        assertThat(IscsiName.normalise("eui.02004567A425678D")).contains("eui.02004567a425678d");
        assertThat(IscsiName.normalise("naa.52004567BA64678D")).contains("naa.52004567ba64678d");
        for (String bad :
                List.of(
                        "",
                        "iqn.2026.io",
                        "iqn.2026-11.",
                        "iqn.2026-11.a b",
                        "iqn.2026-11.a_b",
                        "eui.123",
                        "naa.5200",
                        "target",
                        "iqn.2026-11.a\u0000",
                        "iqn.2026-11." + "x".repeat(223))) {
            assertThat(IscsiName.normalise(bad)).as(bad).isEmpty();
        }
    }

    /** RFC 1994: MD5 over identifier, secret and challenge. */
    @Test
    void chapResponses() {
        byte[] secret = "secretsecret".getBytes(StandardCharsets.US_ASCII);
        byte[] challenge = "Z".repeat(16).getBytes(StandardCharsets.US_ASCII);
        byte[] response = Chap.response(Chap.Algorithm.MD5, 0x2a, secret, challenge);
        assertThat(TextValues.binary(response)).isEqualTo("0xc4a3ff47dcdaef09ae41792cb0d7f872");
        assertThat(Chap.response(Chap.Algorithm.SHA1, 1, secret, challenge)).hasSize(20);
        assertThat(Chap.response(Chap.Algorithm.SHA256, 1, secret, challenge)).hasSize(32);
        assertThat(Chap.response(Chap.Algorithm.SHA3_256, 1, secret, challenge)).hasSize(32);
        assertThat(Chap.matches(response, response.clone())).isTrue();
        assertThat(
                        Chap.matches(
                                response,
                                Chap.response(Chap.Algorithm.MD5, 0x2b, secret, challenge)))
                .isFalse();
        assertThat(Chap.Algorithm.of(5)).isEqualTo(Chap.Algorithm.MD5);
        assertThat(Chap.Algorithm.of(9)).isNull();
    }

    @Test
    void loginStatusOfUnknownCodesFallsBackToTheirClass() {
        for (LoginStatus status : LoginStatus.values()) {
            assertThat(LoginStatus.of(status.code())).isEqualTo(status);
        }
        assertThat(LoginStatus.of(0x02ff)).isEqualTo(LoginStatus.INITIATOR_ERROR);
        assertThat(LoginStatus.of(0x03ff)).isEqualTo(LoginStatus.TARGET_ERROR);
    }
}
