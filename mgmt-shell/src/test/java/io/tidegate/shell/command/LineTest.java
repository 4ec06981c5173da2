package io.tidegate.shell.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class LineTest {

    @Test
    void cutsWordsAndStages() throws Exception {
        assertThat(Line.parse("volume  list -o json | match 'a b' |count"))
                .containsExactly(
                        List.of("volume", "list", "-o", "json"),
                        List.of("match", "a b"),
                        List.of("count"));
        assertThat(Line.parse("a \"b \\\" | c\" d\\ e ''"))
                .containsExactly(List.of("a", "b \" | c", "d e", ""));
        assertThat(Line.parse("volume list # all of them"))
                .containsExactly(List.of("volume", "list"));
        assertThat(Line.parse("  ")).containsExactly(List.of());
    }

    @Test
    void refusesHalfLines() {
        assertThatThrownBy(() -> Line.parse("a 'b")).isInstanceOf(CommandFailure.class);
        assertThatThrownBy(() -> Line.parse("a |")).isInstanceOf(CommandFailure.class);
    }

    @Test
    void quotesSoThatItReadsTheSame() throws Exception {
        for (String word : List.of("plain", "two words", "it's", "", "a|b", "\\")) {
            assertThat(Line.parse(Line.quoted(word))).containsExactly(List.of(word));
        }
    }
}
