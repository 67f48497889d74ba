package io.gatehouse.plugins.traffic.validator;

import com.networknt.schema.SpecificationVersion;
import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Name;
import io.gatehouse.api.config.Rule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The configuration of {@code request-validator}: Kong's fields and Kong's meaning. */
@Doc(
        "Lets only requests pass whose JSON body, and whose parameters in path, query and headers, keep to a schema; 400 for"
                + " others. With a `body_schema`, requests need a `Content-Type` of `allowed_content_types`; bodies of JSON"
                + " (`application/json`, or a subtype that ends in `+json`) are checked, up to 8 MiB, others pass.")
@Rule(atLeastOneOf = {"body_schema", "parameter_schema"})
public record RequestValidatorConfig(
        @Doc("The schema of a JSON body, as JSON text in the language that `version` names.") @Nullable
        String bodySchema,

        @Doc("The parameters that are checked.") List<Parameter> parameterSchema,

        @Doc(
                "The content types that are let in, with their parameters: `application/json; charset=utf-8` is another one"
                        + " than `application/json`. `*` stands for any type or subtype.")
        @Default("application/json")
        List<String> allowedContentTypes,

        @Doc("Whether parameters of a content type must be those of an allowed one.") @Default("true")
        boolean contentTypeParameterValidation,

        @Doc("Whether the answer says what is wrong: `errors`, a list of `path` and `message`, at most 20.")
        @Default("false")
        boolean verboseResponse,

        @Doc(
                "The language of `body_schema`: Kong's own, or a draft of JSON Schema. A `$schema` in it names another draft.")
        @Default("kong")
        Version version,

        @Doc("Whether `minLength` and `maxLength` of a JSON Schema count the items of arrays too.") @Default("true")
        boolean arrayLengthCompat) {
    /** Copies the lists. */
    public RequestValidatorConfig {
        parameterSchema = List.copyOf(parameterSchema);
        allowedContentTypes = List.copyOf(allowedContentTypes);
    }

    /** A parameter of requests. */
    public record Parameter(
            @Doc("Where it stands.") In in,

            @Doc("Its name: of the query argument, of the header, or of the capture in the route's path.")
            String name,

            @Doc("Whether a request must have it.") boolean required,

            @Doc("How its value is written, in the terms of OpenAPI.") @Nullable
            Style style,

            @Doc("Whether the items of an array, or the members of an object, are parameters of their own.") @Nullable
            Boolean explode,

            @Doc("The JSON Schema (draft 4) of its value, as JSON text. It needs a `type`.") @Nullable
            String schema) {}

    /** Where a parameter stands. */
    public enum In {
        /** In the query. */
        QUERY,
        /** In a header. */
        HEADER,
        /** In what the route's path captured. */
        PATH
    }

    /** How values are written. */
    public enum Style {
        /** {@code .a.b}. */
        LABEL,
        /** {@code name=a&name=b} or {@code name=a,b}. */
        FORM,
        /** {@code ;name=a;name=b} or {@code ;name=a,b}. */
        MATRIX,
        /** {@code a,b}. */
        SIMPLE,
        /** {@code name=a%20b}. */
        @Name("spaceDelimited")
        SPACE_DELIMITED,
        /** {@code name=a|b}. */
        @Name("pipeDelimited")
        PIPE_DELIMITED,
        /** {@code name[member]=a}. */
        @Name("deepObject")
        DEEP_OBJECT
    }

    /** Languages of schemas. */
    public enum Version {
        /** Kong's. */
        KONG(null),
        /** JSON Schema, draft 4. */
        DRAFT4(SpecificationVersion.DRAFT_4),
        /** JSON Schema, draft 6. */
        DRAFT6(SpecificationVersion.DRAFT_6),
        /** JSON Schema, draft 7. */
        DRAFT7(SpecificationVersion.DRAFT_7),
        /** JSON Schema, draft 2019-09. */
        DRAFT201909(SpecificationVersion.DRAFT_2019_09),
        /** JSON Schema, draft 2020-12. */
        DRAFT202012(SpecificationVersion.DRAFT_2020_12);

        private final @Nullable SpecificationVersion draft;

        Version(@Nullable SpecificationVersion draft) {
            this.draft = draft;
        }

        @Nullable
        SpecificationVersion draft() {
            return draft;
        }
    }
}
