package io.gatehouse.core.entity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gatehouse.api.config.Secret;
import io.gatehouse.core.config.Compat;
import io.gatehouse.core.config.ConfigNode;
import io.gatehouse.core.config.Problem;
import io.gatehouse.core.config.Severity;
import io.gatehouse.core.routing.RouterFlavor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The vectors in {@code vectors/*.yaml}: a file, and what becomes of it. Each case has a name ({@code it}) and
 *
 * <ul>
 *   <li>{@code file} (a map, read as JSON) or {@code text} (read as it stands); a file without {@code _format_version} is
 *       of 3.0. {@code each} instead runs the case once per value, put in for the scalar {@code "@"}
 *   <li>{@code problems}: every error, {@code path: beginning of the message}; none means that it loads
 *   <li>{@code entities}: per collection, fields of the entities in order; what is not named is not compared
 *   <li>{@code env}, {@code compat}, {@code plugins}: what it is loaded with
 *   <li>{@code differs}: why Kong does something else; these are in docs/compatibility.md
 * </ul>
 */
class ConformanceTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final List<String> FILES = List.of(
            "services",
            "routes",
            "consumers",
            "plugins",
            "upstreams",
            "certificates",
            "keys-vaults",
            "dialects",
            "format");
    private static final Map<String, int[]> COUNTS = new LinkedHashMap<>();

    private record Vector(
            String file,
            String name,
            JsonNode node,
            @Nullable JsonNode value) {
        @Override
        public String toString() {
            return file + ": " + name + (value == null ? "" : " " + value);
        }
    }

    static Stream<Vector> vectors() throws JsonProcessingException {
        List<Vector> all = new ArrayList<>();
        for (String file : FILES) {
            for (JsonNode node : YAML.readTree(Loading.text("vectors/" + file + ".yaml"))) {
                String name = node.path("it").asText();
                if (node.has("each")) {
                    node.path("each").forEach(value -> all.add(new Vector(file, name, node, value)));
                } else {
                    all.add(new Vector(file, name, node, null));
                }
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("vectors")
    void behavesAsTheVectorSays(Vector vector) throws JsonProcessingException {
        int[] counts = COUNTS.computeIfAbsent(vector.file, file -> new int[2]);
        counts[0]++;
        counts[1] += vector.node.has("differs") ? 1 : 0;
        Map<String, @Nullable String> env = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : vector.node.path("env").properties()) {
            env.put(
                    entry.getKey(),
                    entry.getValue().isNull() ? null : entry.getValue().asText());
        }
        LoadOptions options = LoadOptions.defaults();
        if (vector.node.has("compat")) {
            options = options.withCompat(Compat.of(vector.node.path("compat").asText()));
        }
        if (vector.node.path("flavor").asText().equals("expressions")) {
            options = options.withFlavor(RouterFlavor.EXPRESSIONS);
        }
        if (vector.node.has("plugins")) {
            options = options.withPlugins(Set.copyOf(texts(vector.node.path("plugins"))));
        }
        LoadResult result = ConfigLoader.loadText(
                "f", text(vector), name -> env.containsKey(name) ? env.get(name) : Pems.variable(name), options);

        List<String> problems = new ArrayList<>();
        for (Problem problem : result.problems()) {
            if (problem.severity() == Severity.ERROR) {
                problems.add((problem.path().isEmpty() ? "" : problem.path() + ": ") + problem.message());
            }
        }
        List<String> expected = texts(filled(vector.node.path("problems"), vector.value));
        assertThat(problems).as("problems of %s", vector).hasSameSizeAs(expected);
        for (String problem : expected) {
            assertThat(problems).as("problems of %s", vector).anyMatch(actual -> actual.startsWith(problem));
        }
        for (Map.Entry<String, JsonNode> entry : vector.node.path("entities").properties()) {
            EntityKind kind = Objects.requireNonNull(EntityKind.of(entry.getKey()), entry.getKey());
            List<Entity> entities = result.config().all(kind);
            assertThat(entities)
                    .as("%s of %s", kind, vector)
                    .hasSize(entry.getValue().size());
            for (int i = 0; i < entities.size(); i++) {
                Map<String, @Nullable Object> fields = entities.get(i).fields();
                JsonNode said = filled(entry.getValue().path(i), vector.value);
                for (Map.Entry<String, JsonNode> field : said.properties()) {
                    assertThat(plain(fields.get(field.getKey())))
                            .as("%s of %s in %s", field.getKey(), kind, vector)
                            .isEqualTo(field.getValue());
                }
            }
        }
    }

    @AfterAll
    static void countsAreShown() {
        int all = 0;
        int differing = 0;
        for (Map.Entry<String, int[]> entry : COUNTS.entrySet()) {
            all += entry.getValue()[0];
            differing += entry.getValue()[1];
            System.out.printf(
                    "conformance: %-12s %4d cases, %d differ from Kong%n",
                    entry.getKey(), entry.getValue()[0], entry.getValue()[1]);
        }
        System.out.printf("conformance: %-12s %4d cases, %d differ from Kong%n", "all", all, differing);
    }

    private static String text(Vector vector) throws JsonProcessingException {
        if (vector.node.has("text")) {
            return vector.node.path("text").asText();
        }
        JsonNode file = filled(vector.node.path("file"), vector.value);
        if (!file.has("_format_version")) {
            ((ObjectNode) file).put("_format_version", "3.0");
        }
        return JSON.writeValueAsString(file);
    }

    /** The value for every "@", and its text for every "@" within a text. */
    private static JsonNode filled(JsonNode node, @Nullable JsonNode value) throws JsonProcessingException {
        if (value == null) {
            return node.deepCopy();
        }
        String json = JSON.writeValueAsString(node).replace("\"@\"", JSON.writeValueAsString(value));
        String inner = JSON.writeValueAsString(value.asText());
        return JSON.readTree(json.replace("@@", inner.substring(1, inner.length() - 1)));
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(item -> texts.add(item.asText()));
        return texts;
    }

    private static JsonNode plain(@Nullable Object value) {
        if (value instanceof Secret secret) {
            return JSON.valueToTree(secret.reference() == null ? secret.value() : secret.reference());
        }
        if (value instanceof ConfigNode node) {
            return plain(node.toData());
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, JsonNode> plain = new LinkedHashMap<>();
            map.forEach((name, item) -> plain.put(String.valueOf(name), plain(item)));
            return JSON.valueToTree(plain);
        }
        if (value instanceof Collection<?> items) {
            return JSON.valueToTree(items.stream().map(ConformanceTest::plain).toList());
        }
        if (value instanceof Double number && number == Math.rint(number)) {
            return JSON.valueToTree(number.intValue());
        }
        return JSON.valueToTree(value instanceof Long number ? (Object) number.intValue() : value);
    }
}
