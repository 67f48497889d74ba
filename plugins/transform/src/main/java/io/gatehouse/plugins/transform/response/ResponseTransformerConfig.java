package io.gatehouse.plugins.transform.response;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import java.util.List;

/** The configuration of {@code response-transformer}: Kong's fields and Kong's meaning. */
@Doc(
        "Changes the headers of answers, and the members of those that are a JSON object (`application/json`; read into memory"
                + " whole, up to 8 MiB, else 502): first `remove`, then `rename`, `replace` (only what is there), `add` (only what is"
                + " not there) and `append`. Entries are `name:value`. Answers that plugins further out make are not changed.")
public record ResponseTransformerConfig(Remove remove, Rename rename, Replace replace, Add add, Append append) {
    /** The type of a value in JSON. */
    public enum JsonType {
        /** {@code true} when the value says so, else {@code false}. */
        BOOLEAN,
        /** A number; the rule does nothing when the value is none. */
        NUMBER,
        /** A text. */
        STRING
    }

    /** What is taken out. */
    @Doc("What is taken out.")
    public record Remove(
            @Doc("Names of members.") @Default({}) List<String> json,
            @Doc("Names of headers.") @Default({}) List<String> headers) {
        /** Copies the lists. */
        public Remove {
            json = List.copyOf(json);
            headers = List.copyOf(headers);
        }
    }

    /** What gets another name. */
    @Doc("What gets another name: `old:new`.")
    public record Rename(
            @Doc("Members.") @Default({}) List<String> json,
            @Doc("Headers.") @Default({}) List<String> headers) {
        /** Copies the lists. */
        public Rename {
            json = List.copyOf(json);
            headers = List.copyOf(headers);
        }
    }

    /** What gets another value where it is there. */
    @Doc("What gets another value, where it is there.")
    public record Replace(
            @Doc("Members.") @Default({}) List<String> json,

            @Doc("The types of these values, in the same order; text when absent.") @Default({})
            List<JsonType> jsonTypes,

            @Doc("Headers.") @Default({}) List<String> headers) {
        /** Copies the lists. */
        public Replace {
            json = List.copyOf(json);
            jsonTypes = List.copyOf(jsonTypes);
            headers = List.copyOf(headers);
        }
    }

    /** What is added where it is not there. */
    @Doc("What is added, where it is not there.")
    public record Add(
            @Doc("Members.") @Default({}) List<String> json,

            @Doc("The types of these values, in the same order; text when absent.") @Default({})
            List<JsonType> jsonTypes,

            @Doc("Headers.") @Default({}) List<String> headers) {
        /** Copies the lists. */
        public Add {
            json = List.copyOf(json);
            jsonTypes = List.copyOf(jsonTypes);
            headers = List.copyOf(headers);
        }
    }

    /** What is added beside what is there. */
    @Doc("What is added beside what is there already; a member becomes a list.")
    public record Append(
            @Doc("Members.") @Default({}) List<String> json,

            @Doc("The types of these values, in the same order; text when absent.") @Default({})
            List<JsonType> jsonTypes,

            @Doc("Headers.") @Default({}) List<String> headers) {
        /** Copies the lists. */
        public Append {
            json = List.copyOf(json);
            jsonTypes = List.copyOf(jsonTypes);
            headers = List.copyOf(headers);
        }
    }
}
