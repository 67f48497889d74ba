package io.gatehouse.plugins.auth.keyauth;

import io.gatehouse.api.Request;
import io.gatehouse.api.body.Body;
import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonEdit;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.plugins.support.Arguments;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Keys in a buffered body. */
abstract class BodyKeys {
    /** The longest body in which a key is looked for. */
    static final long MAX_BYTES = 1 << 20;

    /** Of a body of another type, or one that is not what its type says: as in Kong it holds no key. */
    static final BodyKeys NONE = new BodyKeys() {
        @Override
        List<String> values(String name) {
            return List.of();
        }

        @Override
        void hide(Request request, String[] names) {
            // it goes on as it came
        }
    };

    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String JSON = "application/json";
    private static final String MULTIPART = "multipart/form-data";

    /** Whether keys can be read from a body of this type. */
    static boolean reads(@Nullable String contentType) {
        String type = mediaType(contentType);
        return type.equals(FORM) || type.equals(JSON) || type.equals(MULTIPART);
    }

    /** The keys of a body. */
    static BodyKeys of(@Nullable String contentType, Buffer bytes) {
        BodyKeys keys = switch (mediaType(contentType)) {
            // ISO-8859-1 gives every byte back as it came
            case FORM -> new Form(bytes.toString(StandardCharsets.ISO_8859_1));
            case MULTIPART -> Multipart.of(contentType == null ? "" : contentType, bytes);
            default -> Json.of(bytes);
        };
        return keys == null ? NONE : keys;
    }

    /** All values under a name; two when it is there but not a single string. */
    abstract List<String> values(String name);

    /** Takes these names out of the request's body. */
    abstract void hide(Request request, String[] names);

    private static String mediaType(@Nullable String contentType) {
        if (contentType == null) {
            return "";
        }
        int end = contentType.indexOf(';');
        return (end < 0 ? contentType : contentType.substring(0, end)).trim().toLowerCase(Locale.ROOT);
    }

    private static final class Form extends BodyKeys {
        private final String text;

        private Form(String text) {
            this.text = text;
        }

        @Override
        List<String> values(String name) {
            return Arguments.values(text, name);
        }

        @Override
        void hide(Request request, String[] names) {
            String left = text;
            for (String name : names) {
                if (left != null) {
                    left = Arguments.without(left, name);
                }
            }
            if (left == null) {
                request.body(Body.empty());
            } else if (!left.equals(text)) {
                request.body(Body.of(Buffer.buffer(left.getBytes(StandardCharsets.ISO_8859_1))));
            }
        }
    }

    private static final class Json extends BodyKeys {
        private static final List<String> NOT_ONE_STRING = List.of("", "");

        private final JsonBytes json;

        private Json(JsonBytes json) {
            this.json = json;
        }

        private static @Nullable Json of(Buffer bytes) {
            try {
                return new Json(JsonBytes.scan(bytes));
            } catch (JsonException e) {
                return null;
            }
        }

        @Override
        List<String> values(String name) {
            if (json.kind() != JsonKind.OBJECT) {
                return List.of();
            }
            String pointer = '/' + name;
            JsonKind kind = json.kind(pointer);
            if (kind == JsonKind.STRING) {
                String text = json.text(pointer);
                return text == null ? List.of() : List.of(text);
            }
            // Kong takes a list of keys for duplicates, and any other value for none
            return kind == JsonKind.ARRAY || kind == JsonKind.OBJECT ? NOT_ONE_STRING : List.of();
        }

        @Override
        void hide(Request request, String[] names) {
            if (json.kind() != JsonKind.OBJECT) {
                return;
            }
            JsonEdit edit = null;
            for (String name : names) {
                String pointer = '/' + name;
                if (json.exists(pointer)) {
                    edit = (edit == null ? json.edit() : edit).remove(pointer);
                }
            }
            if (edit != null) {
                request.body(Body.of(edit.apply()));
            }
        }
    }
}
