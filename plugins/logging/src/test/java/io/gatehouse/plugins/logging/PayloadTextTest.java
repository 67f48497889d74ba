package io.gatehouse.plugins.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class PayloadTextTest {
    private static final String TOOLS = """
            {"model": "gpt-4", "tools": [
              {"type": "mcp", "server_label": "gitmcp", "headers": {"Authorization": "Bearer s3cret-1", "x": ["s3cret-2"]},
               "authorization": "s3cret-3", "require_approval": "never"},
              {"type": "function", "name": "f", "parameters": {"headers": {"kept": 1}, "authorization": "kept"}}],
             "input": "tools available with github mcp", "n": 1e400}
            """;

    @Test
    void hidesWhatToolsAreToAuthenticateWithAndKeepsTheRestByteForByte() {
        assertThat(shown(TOOLS))
                .isEqualTo(TOOLS.replace("\"Bearer s3cret-1\"", "\"REDACTED\"")
                        .replace("[\"s3cret-2\"]", "\"REDACTED\"")
                        .replace("\"s3cret-3\"", "\"REDACTED\""));
    }

    @Test
    void neverShowsASecretWhereverTheTextIsCut() {
        for (int end = 0; end < TOOLS.length(); end++) {
            PayloadText text = PayloadText.of(TOOLS.substring(0, end), Set.of(), true);

            assertThat(text.text()).doesNotContain("s3cre");
            if (end > 0) {
                assertThat(text.cut()).isEqualTo(end < TOOLS.strip().length());
            }
        }
    }

    @Test
    void keepsAllOfACutTextThatIsNoSecret() {
        String cut = TOOLS.substring(0, TOOLS.indexOf("available"));

        assertThat(shown(cut)).endsWith("\"input\": \"tools ");
    }

    @Test
    void showsNothingFromWhereATextIsBroken() {
        assertThat(shown("{\"a\": 1, oops, \"tools\": [{\"authorization\": \"s3cret\"}]}"))
                .isEqualTo("{\"a\": 1");
        assertThat(shown("{\"a\": 1} {\"tools\": [{\"authorization\": \"s3cret\"}]}"))
                .isEqualTo("{\"a\": 1}");
        assertThat(shown("{\"tools\": [{\"authorization\": s3cret}]}")).doesNotContain("s3cret");
        assertThat(shown("{\"tools\": [{\"headers\": {\"a\": 12s3cret}}]}")).doesNotContain("s3cret");
        assertThat(shown("[".repeat(600) + "{\"tools\": [{\"authorization\": \"s3cret\"}]}"))
                .doesNotContain("s3cret");
    }

    @Test
    void doesNotShowWhatIsNoJsonWhenAClientWroteIt() {
        assertThat(shown("apikey=s3cret")).isEqualTo("REDACTED");
        assertThat(PayloadText.of("<html>bad gateway</html>", Set.of(), false).text())
                .isEqualTo("<html>bad gateway</html>");
        assertThat(shown("")).isEmpty();
    }

    @Test
    void hidesToolsAtAnyDepthWithWhateverSpelling() {
        assertThat(shown(
                        "{\"response\":{\"tools\":[{\"Headers\":\"s3cret\"},{\"h\\u0065aders\":{\"a\":{\"b\":\"s3cret\"}}},"
                                + "{\"authorization\":{\"b\":\"s3cret\"}}]},\"headers\":{\"a\":\"shown\"}}"))
                .isEqualTo(
                        "{\"response\":{\"tools\":[{\"Headers\":\"REDACTED\"},{\"h\\u0065aders\":{\"a\":\"REDACTED\"}},"
                                + "{\"authorization\":\"REDACTED\"}]},\"headers\":{\"a\":\"shown\"}}");
    }

    @Test
    void hidesTopLevelFieldsThatAuthPluginsRead() {
        assertThat(PayloadText.of("{\"ApiKey\":\"s3cret\",\"a\":{\"apikey\":1}}", Set.of("apikey"), true)
                        .text())
                .isEqualTo("{\"ApiKey\":\"REDACTED\",\"a\":{\"apikey\":1}}");
    }

    @Test
    void cutsAtOneMebibyteWithoutTearingACharacter() {
        String text = "{\"a\":\"" + "\ud83d\ude00".repeat(300_000) + "\"}";
        PayloadText shown = PayloadText.of(text, Set.of(), true);

        assertThat(shown.cut()).isTrue();
        assertThat(text).startsWith(shown.text());
        assertThat(shown.text().getBytes(java.nio.charset.StandardCharsets.UTF_8).length)
                .isBetween(PayloadText.MAX_BYTES - 3, PayloadText.MAX_BYTES);
    }

    @Test
    void doesNotCutWhatFits() {
        String text = "{\"a\":\"" + "x".repeat(PayloadText.MAX_BYTES - 8) + "\"}";

        assertThat(PayloadText.of(text, Set.of(), true)).isEqualTo(new PayloadText(text, false));
    }

    private static String shown(String text) {
        return PayloadText.of(text, Set.of(), true).text();
    }
}
