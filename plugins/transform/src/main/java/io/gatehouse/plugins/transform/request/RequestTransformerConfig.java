package io.gatehouse.plugins.transform.request;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Pattern;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code request-transformer}: Kong's fields and Kong's meaning. */
@Doc("Changes requests before they go to the upstream: path, method, headers, body (JSON objects, forms, multipart"
        + " forms; read into memory, up to 8 MiB, else 413) and query, in this order, and in each first `remove`,"
        + " then `rename`, `replace` (only what is there), `add` (only what is not there) and `append`. Entries"
        + " are `name:value`. A value may hold `$(headers.name)`, `$(query_params.name)` and"
        + " `$(uri_captures.name)`, also as `['name']`, with `or` and `'text'`; other Lua is refused.")
public record RequestTransformerConfig(
        @Doc("The method to send. With GET or HEAD the fields of a form are added to the query.")
        @Nullable
        @Pattern(value = "[A-Z]+", message = "expected upper-case letters only")
        String httpMethod,

        Remove remove,
        Rename rename,
        Replace replace,
        Add add,
        Append append) {
    /** What is taken out. */
    @Doc("What is taken out.")
    public record Remove(
            @Doc("Names of fields of the body.") @Default({})
            List<String> body,

            @Doc("Names of headers.") @Default({}) List<String> headers,
            @Doc("Names of query arguments.") @Default({}) List<String> querystring) {
        /** Copies the lists. */
        public Remove {
            body = List.copyOf(body);
            headers = List.copyOf(headers);
            querystring = List.copyOf(querystring);
        }
    }

    /** What gets another name. */
    @Doc("What gets another name: `old:new`.")
    public record Rename(
            @Doc("Fields of the body.") @Default({}) List<String> body,
            @Doc("Headers.") @Default({}) List<String> headers,
            @Doc("Query arguments.") @Default({}) List<String> querystring) {
        /** Copies the lists. */
        public Rename {
            body = List.copyOf(body);
            headers = List.copyOf(headers);
            querystring = List.copyOf(querystring);
        }
    }

    /** What gets another value where it is there. */
    @Doc("What gets another value, where it is there.")
    public record Replace(
            @Doc("Fields of the body.") @Default({}) List<String> body,

            @Doc("Headers; `Host` may be named although it is not there.") @Default({})
            List<String> headers,

            @Doc("Query arguments.") @Default({}) List<String> querystring,

            @Doc(
                    "The whole path; it must begin with a slash, else the answer is 500. A query behind it comes before the"
                            + " client's; a `?` that a client sent begins none.")
            @Nullable
            String uri) {
        /** Copies the lists. */
        public Replace {
            body = List.copyOf(body);
            headers = List.copyOf(headers);
            querystring = List.copyOf(querystring);
        }
    }

    /** What is added where it is not there. */
    @Doc("What is added, where it is not there.")
    public record Add(
            @Doc("Fields of the body.") @Default({}) List<String> body,
            @Doc("Headers.") @Default({}) List<String> headers,
            @Doc("Query arguments.") @Default({}) List<String> querystring) {
        /** Copies the lists. */
        public Add {
            body = List.copyOf(body);
            headers = List.copyOf(headers);
            querystring = List.copyOf(querystring);
        }
    }

    /** What is added beside what is there. */
    @Doc("What is added beside what is there already.")
    public record Append(
            @Doc("Fields of the body; not for multipart forms.") @Default({})
            List<String> body,

            @Doc("Headers.") @Default({}) List<String> headers,
            @Doc("Query arguments.") @Default({}) List<String> querystring) {
        /** Copies the lists. */
        public Append {
            body = List.copyOf(body);
            headers = List.copyOf(headers);
            querystring = List.copyOf(querystring);
        }
    }
}
