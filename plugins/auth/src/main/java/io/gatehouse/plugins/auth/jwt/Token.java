package io.gatehouse.plugins.auth.jwt;

import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A token taken apart, not verified yet: nothing in it is to be trusted. */
final class Token {
    /** What is wrong with a text that is no token. */
    static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1;

        private MalformedException(String message) {
            super(message, null, false, false);
        }

        /** Kong's word for it. */
        String reason() {
            return Objects.requireNonNull(getMessage());
        }
    }

    private final Algorithm algorithm;
    private final JsonValue header;
    private final JsonValue claims;
    private final byte[] signed;
    private final byte[] signature;

    private Token(Algorithm algorithm, JsonValue header, JsonValue claims, byte[] signed, byte[] signature) {
        this.algorithm = algorithm;
        this.header = header;
        this.claims = claims;
        this.signed = signed;
        this.signature = signature;
    }

    /** Takes a token apart. */
    static Token of(String text) throws MalformedException {
        int first = text.indexOf('.');
        int second = first < 0 ? -1 : text.indexOf('.', first + 1);
        if (second < 0) {
            throw new MalformedException("invalid JSON");
        }
        JsonValue header = json(text.substring(0, first));
        JsonValue claims = json(text.substring(first + 1, second));
        Algorithm algorithm = header.kind() == JsonKind.OBJECT ? Algorithm.of(header.text("/alg")) : null;
        if (algorithm == null) {
            throw new MalformedException("invalid alg");
        }
        if (claims.kind() != JsonKind.OBJECT) {
            throw new MalformedException("invalid claims");
        }
        byte[] signature;
        try {
            signature = Base64.getUrlDecoder().decode(text.substring(second + 1));
        } catch (IllegalArgumentException malformed) {
            throw new MalformedException("invalid signature");
        }
        return new Token(
                algorithm, header, claims, text.substring(0, second).getBytes(StandardCharsets.US_ASCII), signature);
    }

    private static JsonValue json(String encoded) throws MalformedException {
        try {
            Buffer bytes = Buffer.buffer(Base64.getUrlDecoder().decode(encoded));
            return JsonValue.of(bytes, 0, bytes.length());
        } catch (IllegalArgumentException | JsonException malformed) {
            throw new MalformedException("invalid JSON");
        }
    }

    /** The algorithm that it says it is signed with. */
    Algorithm algorithm() {
        return algorithm;
    }

    /** A claim of the payload, else of the header; null when there is none or it is null or false. */
    @Nullable
    JsonValue claim(String pointer) {
        JsonValue claim = said(claims.at(pointer));
        return claim != null ? claim : said(header.at(pointer));
    }

    private static @Nullable JsonValue said(@Nullable JsonValue value) {
        return value == null || value.kind() == JsonKind.NULL || Boolean.FALSE.equals(value.bool()) ? null : value;
    }

    /** A number in the payload; NaN when there is none. */
    double number(String pointer) {
        return claims.doubleValue(pointer).orElse(Double.NaN);
    }

    /** What was signed. */
    byte[] signed() {
        return signed;
    }

    /** The signature. */
    byte[] signature() {
        return signature;
    }
}
