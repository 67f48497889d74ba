package io.gatehouse.api.json;

/** Walks the members of an object or the elements of an array in valid JSON. */
final class Cursor {
    private final ByteWindow window;
    private int position;
    private int nameStart;
    private int nameEnd;
    private int valueStart;
    private int valueEnd;

    Cursor(ByteWindow window, int container) {
        this.window = window;
        position = container + 1;
    }

    boolean nextMember() {
        if (!another('}')) {
            return false;
        }
        nameStart = position + 1;
        int after = Reading.skipString(window, position);
        nameEnd = after - 1;
        position = window.skipSpace(after) + 1;
        value();
        return true;
    }

    boolean nextElement() {
        if (!another(']')) {
            return false;
        }
        value();
        return true;
    }

    private boolean another(char closing) {
        position = window.skipSpace(position);
        int c = window.at(position);
        if (c == closing) {
            return false;
        }
        if (c == ',') {
            position = window.skipSpace(position + 1);
        }
        return true;
    }

    private void value() {
        valueStart = window.skipSpace(position);
        valueEnd = Reading.skipValue(window, valueStart);
        position = valueEnd;
    }

    int nameStart() {
        return nameStart;
    }

    int nameEnd() {
        return nameEnd;
    }

    int valueStart() {
        return valueStart;
    }

    int valueEnd() {
        return valueEnd;
    }
}
