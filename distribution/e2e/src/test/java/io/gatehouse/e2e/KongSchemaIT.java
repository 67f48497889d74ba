package io.gatehouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every field of every plugin, compared with Kong's published schema: there or not, type, default, range, choices,
 * whether required. What differs must be told by the plugin itself: as not built by the record, else with a reason in
 * its {@code NAME.kong.yaml}; and what is told there must differ. The schemas of the command line and those of the Admin
 * API, which are in Kong's own form, are compared alike.
 */
final class KongSchemaIT {
    @RegisterExtension
    static final Running RUNNING = new Running();

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> FACTS = List.of(
            "default",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "pattern",
            "x-encrypted",
            "x-referenceable");

    /** Words of Kong's form that mean one word of JSON Schema. */
    private static final Map<String, String> RENAMED = Map.of(
            "type", "type",
            "default", "default",
            "one_of", "enum",
            "len_min", "minLength",
            "len_max", "maxLength",
            "encrypted", "x-encrypted",
            "referenceable", "x-referenceable");

    /** Those whose schema Kong has published, but is not among the ones at hand. */
    private static final Set<String> NOT_AT_HAND = Set.of("grpc-web");

    private static final String SECRETS = """
            plugins:
            - name: http-log
              config: {http_endpoint: "http://127.0.0.1:9/?key=hunter1", headers: {x-key: hunter2}}
            - name: rate-limiting
              config: {minute: 5, policy: redis, fault_tolerant: true, redis: {host: 127.0.0.1, port: 9, password: hunter3}}
            - name: ai-proxy
              config:
                route_type: llm/v1/chat
                auth: {header_name: Authorization, header_value: Bearer hunter4}
                model: {provider: openai, name: gpt-5}
            """;

    private static PackagedGateway gateway;

    @BeforeAll
    static void start() throws Exception {
        gateway = RUNNING.add(PackagedGateway.named("kong-schemas")
                .countedInPart()
                .env("GATEHOUSE_ADMIN_TOKEN", "all-of-it")
                .env("GATEHOUSE_ADMIN_READ_TOKEN", "only-to-look")
                .yaml("secrets.yaml", SECRETS)
                .start());
    }

    private final Set<String> found = new TreeSet<>();
    private int compared;

    @Test
    void everyFieldIsAsKongHasItOrSaysWhyNot() throws Exception {
        Map<String, Path> files = files();
        Map<String, Set<String>> unexplained = new TreeMap<>();
        Map<String, Set<String>> outdated = new TreeMap<>();
        for (String plugin : plugins()) {
            Path kong = files.get(key(plugin));
            if (kong == null && NOT_AT_HAND.contains(plugin)) {
                continue;
            }
            assertThat(kong).as("a schema of Kong's for " + plugin).isNotNull();
            JsonNode here = JSON.readTree(gatehouse("schema", plugin));
            JsonNode theirs = JSON.readTree(kong.toFile()).at("/properties/config");
            Set<String> told = new TreeSet<>();
            for (JsonNode one : here.path("x-kong-differences")) {
                told.add(line(text(one, "field"), text(one, "fact"), text(one, "kong"), text(one, "here")));
            }
            ObjectNode admin = JSON.createObjectNode();
            fields(admin, config(plugin), here);
            for (Map.Entry<String, JsonNode> form :
                    Map.of(plugin, here, plugin + ", Admin API", admin).entrySet()) {
                String name = form.getKey();
                found.clear();
                compare("config", form.getValue(), theirs);
                note(unexplained, name, found, told);
                note(outdated, name, told, found);
            }
        }
        System.out.println("compared with Kong's schemas: " + compared + " fields");
        assertThat(unexplained).as("differences without a reason").isEmpty();
        assertThat(outdated).as("reasons without a difference").isEmpty();
        assertThat(compared).isGreaterThan(150);
    }

    @Test
    void everyPluginHasTheProtocolsAndScopesOfKongs() throws Exception {
        Map<String, Path> files = files();
        for (String plugin : plugins()) {
            if (NOT_AT_HAND.contains(plugin)) {
                continue;
            }
            JsonNode theirs = JSON.readTree(Objects.requireNonNull(files.get(key(plugin)), plugin)
                            .toFile())
                    .path("properties");
            JsonNode here = common(plugin);

            assertThat(values(here.path("protocols").path("elements").path("one_of")))
                    .as("protocols of " + plugin)
                    .isNotEmpty()
                    .isEqualTo(values(theirs.path("protocols").path("items").path("enum")));
            for (String scope : List.of("service", "route", "consumer", "consumer_group")) {
                assertThat(here.path(scope).has("eq"))
                        .as(plugin + " without a " + scope)
                        .isEqualTo(!theirs.has(scope));
            }
        }
        HttpResponse<String> refused =
                PackagedGateway.send(HttpRequest.newBuilder(gateway.admin("/schemas/plugins/validate"))
                        .header("Kong-Admin-Token", "all-of-it")
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"name\": \"cors\", \"protocols\": [\"udp\"]}")));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(refused.body()).at("/fields/protocols/0").asText())
                .isEqualTo("expected one of: grpc, grpcs, http, https");
    }

    @Test
    void whatIsCalledEncryptedIsShownToWritersOnly() {
        assertThat(admin("/plugins", "all-of-it")).contains("hunter1", "hunter2", "hunter3", "hunter4");
        assertThat(admin("/plugins", "only-to-look")).doesNotContain("hunter").contains("***");
    }

    private static String admin(String path, String token) {
        HttpResponse<String> response =
                PackagedGateway.send(HttpRequest.newBuilder(gateway.admin(path)).header("Kong-Admin-Token", token));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private static void note(Map<String, Set<String>> notes, String plugin, Set<String> all, Set<String> without) {
        Set<String> left = new TreeSet<>(all);
        left.removeAll(without);
        if (!left.isEmpty()) {
            notes.put(plugin, left);
        }
    }

    private static List<String> plugins() throws Exception {
        List<String> names = new ArrayList<>();
        for (String line : gatehouse("plugins").lines().skip(1).toList()) {
            names.add(line.substring(0, line.indexOf(' ')));
        }
        return names;
    }

    private static Map<String, Path> files() throws Exception {
        Map<String, Path> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(Peers.kongSchemas("KongSchemaIT"))) {
            all.forEach(file -> files.put(key(file.getFileName().toString().replace(".json", "")), file));
        }
        return files;
    }

    /** The fields of a plugin's config, as the Admin API tells them. */
    private static JsonNode config(String plugin) throws Exception {
        JsonNode fields = common(plugin).path("config").path("fields");
        assertThat(fields).as("config of " + plugin).isNotEmpty();
        return fields;
    }

    /** The fields of a plugin, by name, as the Admin API tells them. */
    private static ObjectNode common(String plugin) throws Exception {
        ObjectNode named = JSON.createObjectNode();
        for (JsonNode field : JSON.readTree(admin("/schemas/plugins/" + plugin, "only-to-look"))
                .path("fields")) {
            named.setAll((ObjectNode) field);
        }
        return named;
    }

    /**
     * Kong's form as a JSON schema, for the comparison.
     *
     * @param plain the JSON schema of the same place, which alone tells what is not built
     */
    private static ObjectNode schema(JsonNode kongForm, JsonNode plain) {
        ObjectNode schema = JSON.createObjectNode();
        String type = text(kongForm, "type");
        boolean several = type.equals("array") || type.equals("set");
        RENAMED.forEach((theirs, ours) -> {
            String word = several ? ours.replace("Length", "Items") : ours;
            if (kongForm.has(theirs)) {
                schema.set(word, kongForm.get(theirs));
            }
        });
        if (kongForm.has("between")) {
            schema.set("minimum", kongForm.get("between").get(0));
            schema.set("maximum", kongForm.get("between").get(1));
        }
        if (kongForm.has("gt")) {
            schema.put("minimum", kongForm.get("gt").asLong() + 1);
        }
        if (kongForm.has("match")) {
            schema.put("pattern", "^(?:" + text(kongForm, "match") + ")$");
        }
        if (type.equals("any")) {
            schema.remove("type");
        } else if (type.equals("record")) {
            schema.put("type", "object");
            fields(schema, kongForm.path("fields"), plain);
        } else if (several) {
            schema.put("type", "array");
            schema.set("items", schema(kongForm.path("elements"), plain.path("items")));
        } else if (type.equals("map")) {
            schema.put("type", "object");
            schema.set("additionalProperties", schema(kongForm.path("values"), plain.path("additionalProperties")));
        }
        if (plain.has("x-not-built")) {
            schema.set("x-not-built", plain.get("x-not-built"));
        }
        return schema;
    }

    private static void fields(ObjectNode schema, JsonNode fields, JsonNode plain) {
        ObjectNode properties = schema.putObject("properties");
        ArrayNode required = schema.putArray("required");
        for (JsonNode field : fields) {
            String name = field.fieldNames().next();
            JsonNode told = field.get(name);
            properties.set(name, schema(told, plain.path("properties").path(name)));
            // what is filled is always there, and nobody need give it; Kong's form says required of both
            boolean filled = told.has("default")
                    || (text(told, "type").equals("record")
                            && !values(plain.path("required")).contains(name));
            if (told.path("required").asBoolean() && !filled) {
                required.add(name);
            }
        }
        schema.put("type", "object");
        if (plain.has("x-not-built")) {
            schema.set("x-not-built", plain.get("x-not-built"));
        }
    }

    private static String gatehouse(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Workplace.PACKAGED.resolve("bin/gatehouse").toString());
        command.addAll(List.of(arguments));
        Workplace.Ran ran = Workplace.run(
                Workplace.folderFor("schemas"),
                Workplace.cleanEnvironment(),
                Duration.ofMinutes(2),
                command.toArray(String[]::new));
        assertThat(ran.exit()).as(ran.err()).isZero();
        return ran.out();
    }

    /** {@code http-log} and {@code HttpLog} are one. */
    private static String key(String name) {
        return name.replace("-", "").toLowerCase(java.util.Locale.ROOT);
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asText();
    }

    private static String line(String field, String fact, String kong, String here) {
        return field + " " + fact + ": " + kong + " in Kong, " + here + " here";
    }

    private void compare(String path, JsonNode here, JsonNode kong) {
        compared++;
        differ(path, "type", type(kong), type(here));
        for (String fact : FACTS) {
            // that no string is empty holds in Kong for every field, so its schemas do not say it
            boolean implied = fact.equals("minLength")
                    && kong.path(fact).isMissingNode()
                    && here.path(fact).asInt() == 1;
            if (!implied) {
                differ(path, fact, shown(kong.path(fact)), shown(here.path(fact)));
            }
        }
        Set<String> choices = values(here.path("enum"));
        if (!choices.isEmpty()) {
            choices.addAll(values(here.path("x-not-built")));
        }
        differ(path, "enum", joined(values(kong.path("enum"))), joined(choices));
        differ(path, "required", joined(values(kong.path("required"))), joined(values(here.path("required"))));
        properties(path, here, kong);
        if (here.has("items") && kong.has("items")) {
            compare(path + "[]", withNotBuilt(here.get("items"), here), kong.get("items"));
        }
        if (here.path("additionalProperties").isObject()
                && kong.path("additionalProperties").isObject()) {
            compare(path + ".*", here.get("additionalProperties"), kong.get("additionalProperties"));
        }
    }

    /** What a list refuses by name, it refuses in its elements. */
    private static JsonNode withNotBuilt(JsonNode items, JsonNode list) {
        if (!list.has("x-not-built")) {
            return items;
        }
        ObjectNode copy = items.deepCopy();
        copy.set("x-not-built", list.get("x-not-built"));
        return copy;
    }

    private void properties(String path, JsonNode here, JsonNode kong) {
        JsonNode own = here.path("properties");
        JsonNode theirs = kong.path("properties");
        Set<String> notBuilt = own.isObject() ? values(here.path("x-not-built")) : Set.of();
        own.fieldNames().forEachRemaining(name -> {
            if (theirs.has(name)) {
                compare(path + "." + name, own.get(name), theirs.get(name));
            } else {
                found.add(line(path + "." + name, "field", "none", "there"));
            }
        });
        theirs.fieldNames().forEachRemaining(name -> {
            if (!own.has(name) && !notBuilt.contains(name)) {
                found.add(line(path + "." + name, "field", "there", "none"));
            }
        });
        for (String name : notBuilt) {
            if (!theirs.has(name)) {
                found.add(line(path + "." + name, "field", "none", "called not built"));
            }
        }
    }

    private void differ(String path, String fact, String kong, String here) {
        if (!kong.equals(here)) {
            found.add(line(path, fact, kong, here));
        }
    }

    private static String type(JsonNode schema) {
        JsonNode type = schema.path("type");
        return type.isArray() ? type.get(0).asText() : type.asText("any");
    }

    private static Set<String> values(JsonNode list) {
        Set<String> values = new TreeSet<>();
        for (JsonNode one : list) {
            if (!one.isNull()) {
                values.add(one.asText());
            }
        }
        return values;
    }

    private static String joined(Set<String> values) {
        return values.isEmpty() ? "none" : String.join(", ", values);
    }

    private static String shown(JsonNode value) {
        if (value instanceof MissingNode) {
            return "none";
        }
        if (value.isArray()) {
            return value.isEmpty() ? "[]" : joined(values(value)); // an empty list is not the same as none
        }
        if (value.isNumber()) { // 60 and 60.0 are one number
            return value.decimalValue().stripTrailingZeros().toPlainString();
        }
        return value.asText();
    }
}
