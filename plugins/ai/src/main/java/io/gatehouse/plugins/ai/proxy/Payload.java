package io.gatehouse.plugins.ai.proxy;

import io.gatehouse.api.json.JsonBytes;
import io.gatehouse.api.json.JsonEdit;
import io.gatehouse.api.json.JsonException;
import io.gatehouse.api.json.JsonKind;
import io.gatehouse.api.json.JsonValue;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A body on its way into a log entry: cut at a limit, without the credentials that tools and the gateway itself put into
 * bodies. Belongs to one exchange.
 */
final class Payload {
    static final int MAX_BYTES = 1024 * 1024;
    private static final String REDACTED = "REDACTED";

    private final Buffer bytes = Buffer.buffer();
    private boolean truncated;

    /** Adds a piece of a body that comes in pieces; what is beyond the limit is dropped. */
    void add(Buffer piece) {
        int room = MAX_BYTES - bytes.length();
        if (piece.length() > room) {
            truncated = true;
        }
        if (room > 0) {
            bytes.appendBuffer(piece, 0, Math.min(room, piece.length()));
        }
    }

    /** A body that is there as a whole. */
    static Payload of(Buffer whole, List<String> secretFields) {
        Payload payload = new Payload();
        payload.add(redacted(whole, secretFields));
        return payload;
    }

    boolean truncated() {
        return truncated;
    }

    /** The text as it may be logged. */
    String text() {
        Buffer shown = truncated ? beforeTools(bytes) : redacted(bytes, List.of());
        int end = shown.length();
        if (truncated) {
            // not in the middle of a character
            while (end > 0 && (shown.getByte(end - 1) & 0xC0) == 0x80) {
                end--;
            }
            if (end > 0 && (shown.getByte(end - 1) & 0xC0) == 0xC0) {
                end--;
            }
        }
        return shown.getString(0, end);
    }

    private static Buffer redacted(Buffer body, List<String> secretFields) {
        try {
            JsonBytes json = JsonBytes.scan(body);
            if (json.kind() != JsonKind.OBJECT) {
                return body;
            }
            JsonEdit edit = json.edit();
            for (String field : secretFields) {
                if (json.exists(field)) {
                    edit.set(field, REDACTED);
                }
            }
            int i = 0;
            for (JsonValue tool : json.elements("/tools")) {
                hide(edit, "/tools/" + i + "/headers", tool.at("/headers"));
                hide(edit, "/tools/" + i + "/authorization", tool.at("/authorization"));
                i++;
            }
            return edit.apply();
        } catch (JsonException e) {
            return body;
        }
    }

    private static void hide(JsonEdit edit, String pointer, @Nullable JsonValue value) {
        if (value == null || value.kind() == JsonKind.NULL) {
            return;
        }
        if (value.kind() == JsonKind.OBJECT) {
            value.forEachMember((name, member) -> edit.set(pointer + '/' + Pointers.escape(name), REDACTED));
        } else {
            edit.set(pointer, REDACTED);
        }
    }

    /** A cut body cannot be read to its end, so nothing from its tools on is shown. */
    private static Buffer beforeTools(Buffer cut) {
        byte[] name = {'"', 't', 'o', 'o', 'l', 's', '"'};
        int last = cut.length() - name.length;
        for (int i = 0; i <= last; i++) {
            int matched = 0;
            while (matched < name.length && cut.getByte(i + matched) == name[matched]) {
                matched++;
            }
            if (matched == name.length) {
                return cut.slice(0, i);
            }
        }
        return cut;
    }
}
