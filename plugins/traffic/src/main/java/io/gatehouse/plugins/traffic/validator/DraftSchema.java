package io.gatehouse.plugins.traffic.validator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.regex.RegularExpression;
import io.gatehouse.api.RegexLimits;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * A JSON Schema. Its regular expressions are matched in time linear in the text, formats are checked, and nothing is
 * fetched from elsewhere: a reference leads into the schema itself or to a published draft.
 */
final class DraftSchema implements Check {
    private static final int MAX_VIOLATIONS = 20;

    /** Parts of a schema that are data, whatever they look like. */
    private static final Set<String> DATA = Set.of("const", "enum", "default", "examples");

    private static final SchemaRegistryConfig CONFIG = SchemaRegistryConfig.builder()
            .formatAssertionsEnabled(true)
            .locale(Locale.ENGLISH)
            .regularExpressionFactory(DraftSchema::expression)
            .build();

    private final Schema schema;

    private DraftSchema(Schema schema) {
        this.schema = schema;
    }

    /**
     * Reads a schema.
     *
     * @param draft the draft it is written in, unless its {@code $schema} names another
     * @param lengthsOfArrays whether {@code minLength} and {@code maxLength} count the items of arrays too
     * @throws IllegalArgumentException when it is none; the message says why
     */
    static DraftSchema of(JsonNode text, SpecificationVersion draft, boolean lengthsOfArrays) {
        if (!text.isObject() && !text.isBoolean()) {
            throw new IllegalArgumentException("expected: a JSON Schema, which is an object");
        }
        try {
            prepare(text, lengthsOfArrays);
            SchemaRegistry registry = SchemaRegistry.withDefaultDialect(
                    draft,
                    builder -> builder.schemaRegistryConfig(CONFIG)
                            .schemaLoader(loader -> loader.fetchRemoteResources(false)));
            Schema schema = registry.getSchema(text);
            schema.initializeValidators();
            // what refers to itself without end, or to what is not there, is found by the first value
            schema.validate(Json.MAPPER.createObjectNode());
            return new DraftSchema(schema);
        } catch (SchemaException | IllegalArgumentException e) {
            throw new IllegalArgumentException("no valid JSON Schema: " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new IllegalArgumentException("no valid JSON Schema: it refers to itself without end", e);
        }
    }

    @Override
    public List<Violation> violations(JsonNode value) {
        List<Error> errors = schema.validate(value);
        if (errors.isEmpty()) {
            return List.of();
        }
        return errors.stream()
                .limit(MAX_VIOLATIONS)
                .map(error -> new Violation(error.getInstanceLocation().toString(), error.getMessage()))
                .toList();
    }

    private static RegularExpression expression(String regex) {
        try {
            Pattern pattern = RegexLimits.compile(regex, Pattern::compile);
            return text -> pattern.matcher(text).find();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("regular expression '" + regex + "': " + e.getMessage(), e);
        }
    }

    /** Finds expressions that cannot be matched here, which the library would log as errors, and lets lengths count items. */
    private static void prepare(JsonNode node, boolean lengthsOfArrays) {
        if (node instanceof ObjectNode schema) {
            JsonNode pattern = schema.get("pattern");
            if (pattern != null && pattern.isTextual()) {
                expression(pattern.textValue());
            }
            JsonNode patterns = schema.get("patternProperties");
            if (patterns != null && patterns.isObject()) {
                patterns.fieldNames().forEachRemaining(DraftSchema::expression);
            }
            if (lengthsOfArrays) {
                also(schema, "minLength", "minItems");
                also(schema, "maxLength", "maxItems");
            }
            for (Map.Entry<String, JsonNode> entry : schema.properties()) {
                if (!DATA.contains(entry.getKey())) {
                    prepare(entry.getValue(), lengthsOfArrays);
                }
            }
        } else if (node instanceof ArrayNode schemas) {
            schemas.forEach(schema -> prepare(schema, lengthsOfArrays));
        }
    }

    /** A number is a keyword; a property of that name has a schema. */
    private static void also(ObjectNode schema, String length, String items) {
        JsonNode bound = schema.get(length);
        if (bound != null && bound.isNumber() && !schema.has(items)) {
            schema.set(items, bound);
        }
    }
}
