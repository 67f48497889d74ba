package io.gatehouse.plugins.logging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.gatehouse.api.json.JsonBytes;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CustomFieldsTest {
    @Test
    void understandsConstants() {
        assertThat(applied("return nil")).doesNotContainKey("field");
        assertThat(applied(" return  true ;")).containsEntry("field", true);
        assertThat(applied("return false")).containsEntry("field", false);
        assertThat(applied("return -12")).containsEntry("field", -12L);
        assertThat(applied("return 1.5e3")).containsEntry("field", 1500.0);
        assertThat(applied("return 'a \"b\" \\'c\\' \\n'")).containsEntry("field", "a \"b\" 'c' \n");
        assertThat(applied("return\"x\"")).containsEntry("field", "x");
    }

    @Test
    void refusesEverythingElseByName() {
        for (String chunk : List.of(
                "return kong.request.get_header('x')",
                "return 'a' .. 'b'",
                "local x = 1 return x",
                "return",
                "",
                "returnnil",
                "return 1d",
                "return +1",
                "return NaN",
                "return 'open",
                "return '\\x41'")) {
            List<String> problems = new ArrayList<>();
            CustomFields.validate(Map.of("team", chunk), (path, message) -> problems.add(path + ": " + message));

            assertThat(problems)
                    .containsExactly("custom_fields_by_lua.team: this Lua code is not supported (got: " + chunk
                            + ", expected: return nil, or return of a string, a number or a boolean)");
        }
    }

    private static Map<String, Object> applied(String chunk) {
        List<String> problems = new ArrayList<>();
        CustomFields.validate(Map.of("field", chunk), (path, message) -> problems.add(message));
        assertThat(problems).isEmpty();
        byte[] entry = "{\"other\":1}".getBytes(UTF_8);
        byte[] changed = CustomFields.of(Map.of("field", chunk)).applyTo(entry, Map.of());
        Map<String, Object> fields = new HashMap<>();
        JsonBytes.scan(Buffer.buffer(changed)).root().forEachMember((name, value) -> fields.put(name, value.toTree()));
        return fields;
    }
}
