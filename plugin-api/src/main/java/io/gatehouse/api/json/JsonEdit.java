package io.gatehouse.api.json;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes to a document, collected and then spliced into its bytes: whatever is not named here stays byte for byte.
 *
 * <ul>
 *   <li>{@code set} replaces the value of an existing member or element; an absent member is appended to its object.
 *       Objects on the way that are absent or {@code null} are made. {@code /list/-} appends to an array, once per call.
 *   <li>{@code remove} removes a member or element with its comma; what is absent stays absent.
 *   <li>Duplicate names: an edited name, or a name on the way to an edited one, keeps its last occurrence and loses the
 *       earlier ones, so that every reader of the result sees the same; {@code remove} removes all. Other duplicates stay.
 *   <li>A later call overrides an earlier one at the same pointer or below. Array indexes are those of the original.
 * </ul>
 *
 * <p>For one thread at a time; {@link #apply} may be called again.
 */
public final class JsonEdit {
    private static final byte[] EMPTY_OBJECT = {'{', '}'};
    private static final byte[] NOTHING = {};

    private final JsonBytes document;
    private final ByteWindow window;
    private final Members members;
    private final Node root = new Node();

    JsonEdit(JsonBytes document, ByteWindow window, Members members) {
        this.document = document;
        this.window = window;
        this.members = members;
    }

    /** What becomes of the value at one place, and of those below it. */
    private static final class Node {
        /** Most places have none, and most objects few. */
        Map<String, Node> children = Map.of();

        List<byte[]> appended = List.of();
        byte @Nullable [] replacement;
        boolean removed;

        Node child(String name) {
            if (children.isEmpty()) {
                children = new LinkedHashMap<>(8);
            }
            return children.computeIfAbsent(name, key -> new Node());
        }

        boolean sets() {
            if (replacement != null) {
                return true;
            }
            for (Node child : children.values()) {
                if (child.sets()) {
                    return true;
                }
            }
            return false;
        }
    }

    /** A range of the document that gives way to a text. */
    private static final class Splice {
        final int from;
        final int to;
        final byte[] text;

        Splice(int from, int to, byte[] text) {
            this.from = from;
            this.to = to;
            this.text = text;
        }
    }

    /**
     * Sets a value, written by {@link JsonWriter}.
     *
     * @throws IllegalArgumentException when the pointer is none or the value has no JSON form
     */
    public JsonEdit set(String pointer, @Nullable Object value) {
        put(pointer, JsonWriter.bytes(value));
        return this;
    }

    /**
     * Sets a value that is JSON already; its bytes are taken over as they are.
     *
     * @throws JsonException when it is not exactly one JSON value
     */
    public JsonEdit setRaw(String pointer, Buffer json) {
        put(pointer, JsonBytes.scan(json).root().raw().getBytes());
        return this;
    }

    /**
     * Removes a value.
     *
     * @throws IllegalArgumentException when the pointer is none, or names the whole document
     */
    public JsonEdit remove(String pointer) {
        if (pointer.isEmpty()) {
            throw new IllegalArgumentException("pointer: empty (expected: a place inside the document)");
        }
        put(pointer, null);
        return this;
    }

    private void put(String pointer, byte @Nullable [] text) {
        if (!pointer.isEmpty() && pointer.charAt(0) != '/') {
            throw new IllegalArgumentException(
                    "pointer: " + pointer + " (expected: empty, or a text that starts with /)");
        }
        Node node = root;
        int at = 0;
        while (at < pointer.length()) {
            byte[] made = node.replacement;
            if (made != null || node.removed) {
                // the place was set or removed before: this change goes into what was set
                node.replacement =
                        changed(node.removed ? EMPTY_OBJECT : made, pointer.substring(at), text, node.removed);
                node.removed &= node.replacement == null;
                if (!node.appended.isEmpty() && node.replacement != null) {
                    node.appended.set(node.appended.size() - 1, node.replacement);
                }
                return;
            }
            int end = pointer.indexOf('/', at + 1);
            if (end < 0) {
                end = pointer.length();
            }
            node = node.child(Reading.unescapeToken(pointer, at + 1, end));
            at = end;
        }
        node.children = Map.of();
        node.replacement = text;
        node.removed = text == null;
        if (text == null) {
            node.appended = List.of();
        } else if (pointer.endsWith("/-")) {
            if (node.appended.isEmpty()) {
                node.appended = new ArrayList<>(2);
            }
            node.appended.add(text);
        }
    }

    private static byte @Nullable [] changed(
            byte @Nullable [] made, String pointer, byte @Nullable [] text, boolean removed) {
        if (made == null || (removed && text == null)) {
            return null;
        }
        JsonEdit inner = JsonBytes.scan(Buffer.buffer(made)).edit();
        inner.put(pointer, text);
        return inner.apply().getBytes();
    }

    /**
     * The changed document, a new buffer; the original bytes themselves when there is no change.
     *
     * @throws JsonException when a change needs an object or array where the document has something else, or an array
     *     index is beyond the array's end
     */
    public Buffer apply() {
        byte[] whole = root.replacement;
        if (whole != null) {
            return Buffer.buffer(whole);
        }
        List<Splice> splices = new ArrayList<>();
        JsonValue value = document.root();
        if (!root.children.isEmpty()) {
            inside(root, value.start(), value.kind() == JsonKind.OBJECT ? members : null, splices);
        }
        if (splices.isEmpty()) {
            return document.bytes();
        }
        // what is put in at a place comes before what is cut from there
        splices.sort((a, b) -> a.from == b.from ? Integer.compare(a.to, b.to) : Integer.compare(a.from, b.from));
        int size = window.end() - window.start();
        for (Splice splice : splices) {
            size += splice.text.length - (splice.to - splice.from);
        }
        Buffer source = window.buffer();
        Buffer out = Buffer.buffer(size);
        int done = window.start();
        for (Splice splice : splices) {
            out.appendBuffer(source, done, splice.from - done);
            out.appendBytes(splice.text);
            done = splice.to;
        }
        return out.appendBuffer(source, done, window.end() - done);
    }

    private void inside(Node node, int at, @Nullable Members known, List<Splice> splices) {
        int first = window.at(at);
        if (first == '{') {
            object(node, at, known == null ? membersAt(at) : known, splices);
        } else if (first == '[') {
            array(node, at, splices);
        } else if (node.sets()) {
            throw new JsonException(
                    at,
                    "found " + JsonKind.of(first) + " (expected: an object to set "
                            + node.children.keySet().iterator().next() + " in)");
        }
    }

    private Members membersAt(int container) {
        Members found = new Members();
        Cursor cursor = new Cursor(window, container);
        while (cursor.nextMember()) {
            found.name(window, cursor.nameStart(), cursor.nameEnd(), isPlain(cursor.nameStart(), cursor.nameEnd()));
            found.value(cursor.valueStart());
            found.end(cursor.valueEnd());
        }
        return found;
    }

    private boolean isPlain(int from, int to) {
        for (int i = from; i < to; i++) {
            int c = window.at(i);
            if (c == '\\' || c >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private void object(Node node, int container, Members found, List<Splice> splices) {
        BitSet dropped = new BitSet();
        JsonWriter added = new JsonWriter();
        boolean comma = false;
        for (Map.Entry<String, Node> entry : node.children.entrySet()) {
            String name = entry.getKey();
            Node child = entry.getValue();
            int last = found.find(window, found.count(), name, 0, name.length());
            if (last < 0) {
                if (child.sets()) {
                    if (comma) {
                        added.put(',');
                    }
                    comma = true;
                    added.string(name);
                    added.put(':');
                    make(child, added);
                }
                continue;
            }
            int other = last;
            while ((other = found.find(window, other, name, 0, name.length())) >= 0) {
                dropped.set(other);
            }
            if (child.removed) {
                dropped.set(last);
            } else {
                change(child, found.valueStart(last), found.valueEnd(last), splices);
            }
        }
        int count = found.count();
        int kept = count - dropped.cardinality();
        // names lie inside their quotes
        cut(dropped, count, i -> found.nameStart(i) - 1, found::valueEnd, splices);
        if (comma) {
            append(container, kept > 0 ? found.valueEnd(count - 1) : -1, added, splices);
        }
    }

    private void array(Node node, int container, List<Splice> splices) {
        List<int[]> elements = new ArrayList<>();
        Cursor cursor = new Cursor(window, container);
        while (cursor.nextElement()) {
            elements.add(new int[] {cursor.valueStart(), cursor.valueEnd()});
        }
        BitSet dropped = new BitSet();
        JsonWriter added = new JsonWriter();
        boolean comma = false;
        for (Map.Entry<String, Node> entry : node.children.entrySet()) {
            String token = entry.getKey();
            Node child = entry.getValue();
            if (token.equals("-") && child.sets()) {
                List<byte[]> texts = child.appended;
                if (texts.isEmpty()) {
                    JsonWriter made = new JsonWriter();
                    make(child, made);
                    texts = List.of(made.toBytes());
                }
                for (byte[] text : texts) {
                    if (comma) {
                        added.put(',');
                    }
                    comma = true;
                    added.raw(text);
                }
                continue;
            }
            int index = Reading.index(token, 0, token.length());
            if (index < 0 || index >= elements.size()) {
                if (child.sets()) {
                    throw new JsonException(
                            container,
                            "no array element " + token + " (expected: - or an index below " + elements.size() + ")");
                }
                continue;
            }
            if (child.removed) {
                dropped.set(index);
            } else {
                change(child, elements.get(index)[0], elements.get(index)[1], splices);
            }
        }
        int count = elements.size();
        int kept = count - dropped.cardinality();
        cut(dropped, count, i -> elements.get(i)[0], i -> elements.get(i)[1], splices);
        if (comma) {
            append(container, kept > 0 ? elements.get(count - 1)[1] : -1, added, splices);
        }
    }

    private void change(Node child, int from, int to, List<Splice> splices) {
        byte[] replacement = child.replacement;
        if (replacement != null) {
            splices.add(new Splice(from, to, replacement));
        } else if (window.at(from) == 'n' && child.sets()) {
            JsonWriter made = new JsonWriter();
            make(child, made);
            splices.add(new Splice(from, to, made.toBytes()));
        } else {
            inside(child, from, null, splices);
        }
    }

    /** Writes what a node sets, where the document has nothing. */
    private static void make(Node node, JsonWriter out) {
        byte[] replacement = node.replacement;
        if (replacement != null) {
            out.raw(replacement);
            return;
        }
        out.put('{');
        boolean comma = false;
        for (Map.Entry<String, Node> entry : node.children.entrySet()) {
            if (entry.getValue().sets()) {
                if (comma) {
                    out.put(',');
                }
                comma = true;
                out.string(entry.getKey());
                out.put(':');
                make(entry.getValue(), out);
            }
        }
        out.put('}');
    }

    @FunctionalInterface
    private interface Place {
        int of(int item);
    }

    /** Removes items with the comma before them, or the one behind as long as none before them stays. */
    private static void cut(BitSet dropped, int count, Place start, Place end, List<Splice> splices) {
        int firstKept = dropped.nextClearBit(0);
        for (int i = dropped.nextSetBit(0); i >= 0; i = dropped.nextSetBit(i + 1)) {
            int from = i > firstKept ? end.of(i - 1) : start.of(i);
            int to = i < firstKept && i + 1 < count ? start.of(i + 1) : end.of(i);
            splices.add(new Splice(from, to, NOTHING));
        }
    }

    private static void append(int container, int last, JsonWriter added, List<Splice> splices) {
        if (last < 0) {
            splices.add(new Splice(container + 1, container + 1, added.toBytes()));
            return;
        }
        JsonWriter text = new JsonWriter();
        text.put(',');
        text.raw(added.toBytes());
        splices.add(new Splice(last, last, text.toBytes()));
    }
}
