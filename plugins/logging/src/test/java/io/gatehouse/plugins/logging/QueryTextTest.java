package io.gatehouse.plugins.logging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.json.JsonWriter;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QueryTextTest {
    @Test
    void parsesArguments() {
        assertThat(parsed("a=1&b&c=&d=x+y%20z&a=2&=no&&e=%zz%4&f=%C3%A9&g=%E9&h=\u00c3\u00bc"))
                .isEqualTo(
                        "{\"a\":[\"1\",\"2\"],\"b\":true,\"c\":\"\",\"d\":\"x y z\",\"e\":\"%zz%4\",\"f\":\"\u00e9\",\"g\":\"\u00e9\",\"h\":\"\u00fc\"}");
        assertThat(parsed(null)).isEqualTo("{}");
        assertThat(parsed("")).isEqualTo("{}");
    }

    private static String parsed(@Nullable String query) {
        NamedValues arguments = new NamedValues();
        QueryText.parse(query, Set.of(), arguments);
        JsonWriter json = new JsonWriter();
        arguments.writeTo(json);
        return new String(json.toBytes(), UTF_8);
    }

    @Test
    void leavesAUriAloneThatHoldsNoCredential() {
        for (String uri : List.of("/", "/?", "/a?b=1&&c", "/a?apikey", "/a?x=apikey=1")) {
            assertThat(QueryText.redactedUri(uri, Set.of("apikey"))).isEqualTo(uri);
        }
    }

    @Test
    void hidesValuesAndKeepsTheRestByteForByte() {
        assertThat(QueryText.redactedUri("/a?b=%20&apikey=s&APIKEY=&c&", Set.of("apikey")))
                .isEqualTo("/a?b=%20&apikey=REDACTED&APIKEY=REDACTED&c&");
        assertThat(QueryText.redactedUri("/a?apikey=a=b?c", Set.of("apikey"))).isEqualTo("/a?apikey=REDACTED");
    }
}
