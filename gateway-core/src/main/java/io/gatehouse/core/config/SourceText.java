package io.gatehouse.core.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.snakeyaml.engine.v2.exceptions.Mark;

/**
 * The text of a file before and after environment variables were put in. Places in the second are told as
 * places in the first, which is what the user sees in an editor.
 */
final class SourceText {
    /**
     * A stretch of the rendered text that stands for an expression of the original.
     *
     * @param failed whether the expression had no value, so that the text is only a stand-in
     */
    record Piece(int renderedStart, int renderedEnd, int originalStart, int originalEnd, boolean failed) {}

    private final String file;
    private final String original;
    private final String rendered;
    private final List<Piece> pieces;
    private final int[] originalLines;
    private final int[] renderedLines;
    private final CodePoints originalPoints;
    private final CodePoints renderedPoints;

    SourceText(String file, String original, String rendered, List<Piece> pieces) {
        this.file = file;
        this.original = original;
        this.rendered = rendered;
        this.pieces = List.copyOf(pieces);
        this.originalLines = pieces.isEmpty() ? new int[0] : lineStarts(original);
        this.renderedLines = pieces.isEmpty() ? new int[0] : lineStarts(rendered);
        this.originalPoints = new CodePoints(pieces.isEmpty() ? "" : original);
        this.renderedPoints = new CodePoints(pieces.isEmpty() ? "" : rendered);
    }

    String file() {
        return file;
    }

    String rendered() {
        return rendered;
    }

    Location at(Mark mark) {
        if (pieces.isEmpty()) {
            return new Location(file, mark.getLine() + 1, mark.getColumn() + 1);
        }
        return place(file, originalPoints, originalLines, originalOffset(renderedOffset(mark), false));
    }

    /** The pieces that the stretch between two marks touches. */
    List<Piece> piecesWithin(Mark start, Mark end) {
        if (pieces.isEmpty()) {
            return List.of();
        }
        int from = renderedOffset(start);
        int to = renderedOffset(end);
        List<Piece> touched = new ArrayList<>();
        for (int i = firstEndingAtOrAfter(from); i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (piece.renderedStart() > to) {
                break;
            }
            boolean empty = piece.renderedStart() == piece.renderedEnd();
            if (empty || (piece.renderedStart() < to && piece.renderedEnd() > from)) {
                touched.add(piece);
            }
        }
        return touched;
    }

    /** Whether the line of a mark, or the one before, holds text from a variable. */
    boolean variableNear(Mark mark) {
        if (pieces.isEmpty()) {
            return false;
        }
        int line = Math.min(mark.getLine(), renderedLines.length - 1);
        int from = renderedLines[Math.max(0, line - 1)];
        int to = line + 1 < renderedLines.length ? renderedLines[line + 1] : rendered.length();
        for (Piece piece : pieces) {
            if (piece.renderedStart() < to && piece.renderedEnd() >= from) {
                return true;
            }
        }
        return false;
    }

    /** What stands in the file between two marks. */
    String originalBetween(Mark start, Mark end) {
        return original.substring(
                originalOffset(renderedOffset(start), false), originalOffset(renderedOffset(end), true));
    }

    /** The place of an offset in a text. */
    static Location place(String file, String text, int offset) {
        return place(file, new CodePoints(text), lineStarts(text), offset);
    }

    private static Location place(String file, CodePoints points, int[] lines, int offset) {
        int line = Arrays.binarySearch(lines, offset);
        if (line < 0) {
            line = -line - 2;
        }
        return new Location(file, line + 1, points.index(offset) - points.index(lines[line]) + 1);
    }

    private int renderedOffset(Mark mark) {
        return renderedPoints.offset(mark.getIndex());
    }

    private int originalOffset(int offset, boolean end) {
        int next = firstEndingAtOrAfter(offset + 1);
        if (next < pieces.size() && pieces.get(next).renderedStart() <= offset) {
            return end ? pieces.get(next).originalEnd() : pieces.get(next).originalStart();
        }
        int shift = next == 0
                ? 0
                : pieces.get(next - 1).originalEnd() - pieces.get(next - 1).renderedEnd();
        return Math.min(offset + shift, original.length());
    }

    private int firstEndingAtOrAfter(int offset) {
        int low = 0;
        int high = pieces.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (pieces.get(middle).renderedEnd() < offset) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static int[] lineStarts(String text) {
        int count = 1;
        int[] starts = new int[64];
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || (c == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n'))) {
                if (count == starts.length) {
                    starts = Arrays.copyOf(starts, count * 2);
                }
                starts[count++] = i + 1;
            }
        }
        return Arrays.copyOf(starts, count);
    }
}
