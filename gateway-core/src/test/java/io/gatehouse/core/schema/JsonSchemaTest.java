package io.gatehouse.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonSchemaTest {
    @Test
    void describesARecord() {
        assertThat(JsonSchema.text(KeyAuthLike.class)).isEqualTo("""
                        {
                          "$schema" : "https://json-schema.org/draft/2020-12/schema",
                          "type" : "object",
                          "description" : "Asks for an API key.",
                          "properties" : {
                            "key_names" : {
                              "type" : "array",
                              "items" : {
                                "type" : "string",
                                "minLength" : 1,
                                "pattern" : "^(?:[A-Za-z0-9_-]+)$"
                              },
                              "minItems" : 1,
                              "description" : "Where the key is looked for.",
                              "default" : [ "apikey" ]
                            },
                            "hide_credentials" : {
                              "type" : "boolean",
                              "default" : true
                            },
                            "key_in_header" : {
                              "type" : "boolean",
                              "default" : true
                            },
                            "anonymous" : {
                              "type" : [ "string", "null" ],
                              "minLength" : 1
                            },
                            "realm" : {
                              "type" : [ "string", "null" ],
                              "minLength" : 1
                            }
                          },
                          "additionalProperties" : false,
                          "x-not-built" : [ "identity_realms", "principals" ]
                        }
                        """);
    }

    @Test
    void marksSecretsRangesChoicesAndWhatIsRequired() {
        assertThat(JsonSchema.text(AiLike.class).replaceAll("\\s+", ""))
                .contains("\"header_value\":{\"type\":[\"string\",\"null\"],\"minLength\":1,\"x-encrypted\":true,"
                        + "\"x-referenceable\":true,\"description\":\"Thecredential.\"}")
                .contains("\"weight\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":65535,\"default\":100}")
                .contains(
                        "\"algorithm\":{\"type\":\"string\",\"enum\":[\"round-robin\",\"priority\"],\"x-not-built\":[\"lowest-usage\",\"semantic\"],"
                                + "\"default\":\"round-robin\"}")
                .contains("\"default\":[\"error\",\"timeout\"]")
                .contains("\"required\":[\"provider\"]")
                .contains("\"required\":[\"targets\"]");
    }

    @Test
    void writesTheReferencePage() {
        assertThat(PluginReference.markdown("key-auth", KeyAuthLike.class)).isEqualTo("""
                        # key-auth

                        <!-- Generated from KeyAuthLike; do not edit. -->

                        Asks for an API key.

                        | Field | Type | Default | Allowed | Meaning |
                        |---|---|---|---|---|
                        | `config.key_names` | list of string | `[apikey]` | length at least 1, `[A-Za-z0-9_-]+` | Where the key is looked for. |
                        | `config.hide_credentials` | boolean | `true`, `false` with `compat: "3.10"` |  |  |
                        | `config.key_in_header` | boolean | `true` |  |  |
                        | `config.anonymous` | string |  |  |  |
                        | `config.realm` | string |  |  |  |

                        ## Where Kong differs

                        Kong's fields that are not built, and refused by name: `config.identity_realms`, `config.principals`.
                        """);
        assertThat(PluginReference.markdown("ai", AiLike.class))
                .contains("| `config.targets[].auth.header_value` | string (secret) |  |  | The credential. |")
                .contains("| `config.targets[].weight` | integer | `100` | 1 to 65535 |  |")
                .contains("| `config.targets[].model.provider` | string | required | `openai`, `mistral` |  |")
                .contains("`config.targets[].auth.header_name`, `config.targets[].auth.header_value`,"
                        + " `config.targets[].auth.more.*`.");
    }
}
