package io.gatehouse.plugins.traffic.validator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KongSchemaTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'type':'string'}|'x'|",
                "{'type':'string'}|''|/f length must be at least 1",
                "{'type':'string','len_min':0}|''|",
                "{'type':'string'}|1|/f expected a string",
                "{'type':'string'}|null|",
                "{'type':'string','required':true}|null|/f required field missing",
                "{'type':'integer'}|4.0|",
                "{'type':'integer'}|4.5|/f expected an integer",
                "{'type':'integer'}|'4'|/f expected an integer",
                "{'type':'number'}|4.5|",
                "{'type':'boolean'}|false|",
                "{'type':'boolean'}|0|/f expected a boolean",
                "{'type':'integer','between':[1,10]}|10|",
                "{'type':'integer','between':[1,10]}|11|/f value should be between 1 and 10",
                "{'type':'number','gt':0}|0|/f value must be greater than 0",
                "{'type':'integer','timestamp':true}|-1|/f expected a timestamp",
                "{'type':'integer','timestamp':true}|1700000000|",
                "{'type':'string','uuid':true}|'dfd6a0a4-5f0f-4a4e-8e9c-1f3a5b0c7d11'|",
                "{'type':'string','uuid':true}|'dfd6a0a4'|/f expected a valid UUID",
                "{'type':'string','len_eq':3}|'ab'|/f length must be 3",
                "{'type':'string','len_max':2}|'é'|",
                "{'type':'string','len_max':2}|'éa'|/f length must be at most 2",
                "{'type':'string','one_of':['a','b']}|'c'|/f expected one of: a, b",
                "{'type':'number','one_of':[1,2]}|2.0|",
                "{'type':'string','not_one_of':['a']}|'a'|/f must not be one of: a",
                "{'type':'string','eq':'a'}|'b'|/f value must be a",
                "{'type':'string','ne':'a'}|'a'|/f value must not be a",
                "{'type':'string','starts_with':'/'}|'x'|/f should start with: /",
                "{'type':'string','match':'^%d+$'}|'12'|",
                "{'type':'string','match':'^%d+$'}|'1x'|/f expected to match: ^%d+$",
                "{'type':'string','not_match':'%s'}|'a b'|/f expected not to match: %s",
                "{'type':'string','match_none':[{'pattern':'%s','err':'no'}]}|'ab'|",
                "{'type':'string','match_any':{'patterns':['^a','^b']}}|'c'|/f expected to match any of: {\"patterns\":[\"^a\",\"^b\"]}",
                "{'type':'array','elements':{'type':'string'},'match_all':'^%l+$'}|['a','b']|",
                "{'type':'array','elements':{'type':'string'},'match_all':'^%l+$'}|['a','B']|/f expected to match all of: \"^%l+$\"",
                "{'type':'array','elements':{'type':'string'},'match_any':'^B'}|['a','B']|",
                "{'type':'array','elements':{'type':'string'},'match_none':'^B'}|['a','B']|/f expected to match none of: \"^B\"",
                "{'type':'array','elements':{'type':'integer'}}|[1,'x',2.5]|/f/1 expected an integer; /f/2 expected an integer",
                "{'type':'array','elements':{'type':'integer'},'len_min':2}|[1]|/f length must be at least 2",
                "{'type':'array','elements':{'type':'integer'},'contains':7}|[1]|/f expected to contain: 7",
                "{'type':'set','elements':{'type':'integer'}}|[1,1]|/f/1 expected a value that the set does not have yet",
                "{'type':'map','keys':{'type':'string','match':'^%l+$'},'values':{'type':'boolean'}}|{'a':true}|",
                "{'type':'map','keys':{'type':'string','match':'^%l+$'},'values':{'type':'boolean'}}|{'A':1}|/f/A expected to match: ^%l+$; /f/A expected a boolean",
                "{'type':'record','fields':[{'street':{'type':'string','required':true}}]}|{'street':'x'}|",
                "{'type':'record','fields':[{'street':{'type':'string','required':true}}]}|{'city':'x'}|/f/street required field missing; /f/city unknown field",
                "{'type':'record','fields':[]}|{'a/b':1}|/f/a~1b unknown field",
                "{'type':'string','format':'date-time','description':'when'}|'x'|",
            })
    void judgesAValue(String field, String value, String expected) {
        Check schema = schema("[{'f':" + field + "}]");

        assertThat(violations(schema, "{'f':" + value + "}")).isEqualTo(expected == null ? "" : expected);
    }

    @Test
    void knowsNoOtherFields() {
        Check schema = schema("[{'name':{'type':'string','required':true}}]");

        assertThat(violations(schema, "{'name':'x'}")).isEmpty();
        assertThat(violations(schema, "{'name':'x','age':1}")).isEqualTo("/age unknown field");
        assertThat(violations(schema, "{}")).isEqualTo("/name required field missing");
        assertThat(violations(schema, "[]")).isEqualTo(" expected a record");
    }

    @Test
    void namesTwentyFaultsAndNoMore() {
        Check schema = schema("[{'a':{'type':'array','elements':{'type':'integer'}}}]");

        assertThat(schema.violations(json("{'a':[" + "'x',".repeat(100) + "'x']}")))
                .hasSize(20);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'name':{'type':'string'}}|expected: a list of fields",
                "['name']|[0]: expected: an object with one field",
                "[{'a':{'type':'string'}},{'a':{'type':'string'}}]|[1]: the field 'a' stands twice",
                "[{'a':{}}]|[0].a.type: missing (expected: string, number",
                "[{'a':{'type':'text'}}]|[0].a.type: got \"text\" (expected: string, number",
                "[{'a':{'type':'string','minLength':3}}]|[0].a.minLength: unknown attribute of a field of type string",
                "[{'a':{'type':'array'}}]|[0].a: an array or set needs 'elements'",
                "[{'a':{'type':'map','keys':{'type':'string'}}}]|[0].a: a map needs 'keys' and 'values'",
                "[{'a':{'type':'record'}}]|[0].a: a record needs 'fields'",
                "[{'a':{'type':'string','elements':{'type':'string'}}}]|[0].a.elements: only arrays and sets have it",
                "[{'a':{'type':'integer','between':[1]}}]|[0].a.between: got [1] (expected: two numbers)",
                "[{'a':{'type':'string','match':'%b()'}}]|[0].a.match: Lua pattern '%b()': %b is not supported",
                "[{'a':{'type':'string','required':'yes'}}]|[0].a.required: got \"yes\" (expected: true or false)",
            })
    void refusesASchemaAndNamesThePlace(String schema, String message) {
        assertThatThrownBy(() -> schema(schema))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    private static Check schema(String text) {
        return KongSchema.of(json(text));
    }

    private static JsonNode json(String text) {
        return Json.read(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private static String violations(Check schema, String value) {
        return schema.violations(json(value)).stream()
                .map(found -> found.path() + " " + found.message())
                .collect(Collectors.joining("; "));
    }
}
