package io.gatehouse.core.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Builds the tree from YAML, of which JSON is a part, straight from the parser's events, so that depth and the
 * growth through aliases are bounded before anything is built. Tags are refused: nothing in a file can
 * name a Java type.
 */
final class YamlReader {
    /** Nesting of lists and maps; real files have about ten levels. */
    static final int DEPTH = 64;
    /** Values that aliases may add to a file. */
    static final int ALIASED = 100_000;

    private static final String MERGE = "<<";

    private final SourceText source;
    private final Consumer<Problem> sink;
    private final Iterator<Event> events;
    private final Map<Anchor, ConfigNode> anchors = new HashMap<>();
    private int aliased;

    private YamlReader(SourceText source, Consumer<Problem> sink) {
        this.source = source;
        this.sink = sink;
        LoadSettings settings = LoadSettings.builder()
                .setLabel(source.file())
                .setCodePointLimit(Integer.MAX_VALUE)
                .build();
        this.events = new Parse(settings).parseString(source.rendered()).iterator();
    }

    /** Ends the reading of this file after its problem was reported. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused() {
            super(null, null, false, false);
        }
    }

    /** The root of a file; null when it cannot be read, which was reported. */
    static @Nullable ConfigNode read(SourceText source, Consumer<Problem> sink) {
        Location top = new Location(source.file(), 1, 1);
        try {
            return new YamlReader(source, sink).document();
        } catch (Refused reported) {
            return null;
        } catch (MarkedYamlEngineException malformed) {
            Optional<Mark> mark = malformed.getProblemMark();
            Location at = mark.isPresent() ? source.at(mark.get()) : top;
            boolean secret = isNearVariable(source, mark) || isNearVariable(source, malformed.getContextMark());
            String hint = secret ? "a value with special characters needs quotes around the expression" : null;
            sink.accept(Problem.error(at, "", "not valid YAML" + (secret ? "" : reason(malformed)), hint));
            return null;
        } catch (ReaderException malformed) {
            int offset = source.rendered().offsetByCodePoints(0, Math.max(0, malformed.getPosition()));
            sink.accept(Problem.error(
                    SourceText.place(source.file(), source.rendered(), offset),
                    "",
                    String.format("character U+%04X is not allowed", malformed.getCodePoint()),
                    null));
            return null;
        } catch (YamlEngineException | IndexOutOfBoundsException malformed) {
            sink.accept(Problem.error(top, "", "not valid YAML", null));
            return null;
        }
    }

    private static boolean isNearVariable(SourceText source, Optional<Mark> mark) {
        return mark.isPresent() && source.variableNear(mark.get());
    }

    private static String reason(MarkedYamlEngineException malformed) {
        StringBuilder text = new StringBuilder();
        for (String part : new String[] {malformed.getContext(), malformed.getProblem()}) {
            if (part != null && !part.isBlank()) {
                text.append(text.length() == 0 ? ": " : ", ").append(part.strip());
            }
        }
        return text.toString();
    }

    private @Nullable ConfigNode document() {
        ConfigNode root = null;
        while (events.hasNext()) {
            Event event = events.next();
            switch (event.getEventId()) {
                case Alias, Scalar, SequenceStart, MappingStart -> root = node(event, "", 0);
                case DocumentStart -> {
                    if (root != null) {
                        throw refuse(event, "", "expected a single document");
                    }
                }
                default -> {}
            }
        }
        if (root == null || root.isNull()) {
            sink.accept(Problem.error(new Location(source.file(), 1, 1), "", "the file is empty", null));
            return null;
        }
        return root;
    }

    private ConfigNode node(Event event, String path, int depth) {
        if (event instanceof AliasEvent alias) {
            return alias(alias, path);
        }
        NodeEvent nodeEvent = (NodeEvent) event;
        ConfigNode node;
        if (event instanceof ScalarEvent scalar) {
            node = scalar(scalar, path);
        } else {
            CollectionStartEvent start = (CollectionStartEvent) event;
            refuseTag(start, start.getTag(), path);
            if (depth == DEPTH) {
                throw refuse(event, path, "nested too deeply (expected: at most " + DEPTH + " levels)");
            }
            node = event instanceof MappingStartEvent
                    ? mapping(event, path, depth + 1)
                    : sequence(event, path, depth + 1);
        }
        nodeEvent.getAnchor().ifPresent(anchor -> anchors.put(anchor, node));
        return node;
    }

    private ConfigNode alias(AliasEvent event, String path) {
        ConfigNode target = anchors.get(event.getAlias());
        if (target == null) {
            throw refuse(event, path, "alias without a finished anchor before it");
        }
        aliased += size(target);
        if (aliased > ALIASED) {
            throw refuse(event, path, "aliases add too many values (expected: at most " + ALIASED + ")");
        }
        return target.at(path);
    }

    private static int size(ConfigNode node) {
        int size = 1;
        if (node instanceof ConfigNode.Mapping mapping) {
            for (ConfigNode.Entry entry : mapping.entries()) {
                size += size(entry.value());
            }
        } else if (node instanceof ConfigNode.Sequence sequence) {
            for (ConfigNode item : sequence.items()) {
                size += size(item);
            }
        }
        return size;
    }

    private ConfigNode sequence(Event start, String path, int depth) {
        List<ConfigNode> items = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.SequenceEnd; event = events.next()) {
            items.add(node(event, path + "[" + items.size() + "]", depth));
        }
        return new ConfigNode.Sequence(location(start), path, items);
    }

    private ConfigNode mapping(Event start, String path, int depth) {
        Map<String, ConfigNode.Entry> entries = new LinkedHashMap<>();
        List<ConfigNode.Mapping> merged = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.MappingEnd; event = events.next()) {
            if (!(event instanceof ScalarEvent key)) {
                throw refuse(event, path, "expected a string as key");
            }
            refuseTag(key, key.getTag(), path);
            Location at = location(key);
            if (!source.piecesWithin(start(key), end(key)).isEmpty()) {
                throw refuse(key, path, "an environment variable may stand in a value only, not in a key");
            }
            String name = key.getValue();
            if (Scalars.isHalf(name)) {
                throw refuse(key, path, Scalars.HALF);
            }
            ConfigNode value = node(events.next(), ConfigNode.child(path, name), depth);
            if (name.equals(MERGE) && key.isPlain()) {
                merge(value, path, merged);
                continue;
            }
            ConfigNode.Entry first = entries.get(name);
            if (first != null) {
                sink.accept(Problem.error(
                        at,
                        ConfigNode.child(path, name),
                        "duplicate key '" + name + "' (first at " + first.location() + ")",
                        null));
            } else {
                entries.put(name, new ConfigNode.Entry(name, at, value));
            }
        }
        for (ConfigNode.Mapping other : merged) {
            for (ConfigNode.Entry entry : other.entries()) {
                entries.putIfAbsent(entry.name(), entry);
            }
        }
        return new ConfigNode.Mapping(location(start), path, entries.values());
    }

    private void merge(ConfigNode value, String path, List<ConfigNode.Mapping> merged) {
        if (value instanceof ConfigNode.Mapping mapping) {
            merged.add(mapping.at(path));
        } else if (value instanceof ConfigNode.Sequence sequence) {
            for (ConfigNode item : sequence.items()) {
                merge(item, path, merged);
            }
        } else {
            sink.accept(Problem.error(value, "expected a map to merge (got " + value.shown() + ")"));
        }
    }

    private ConfigNode scalar(ScalarEvent event, String path) {
        refuseTag(event, event.getTag(), path);
        List<SourceText.Piece> pieces = source.piecesWithin(start(event), end(event));
        String original = null;
        boolean unresolved = false;
        if (!pieces.isEmpty()) {
            original = unquoted(source.originalBetween(start(event), end(event)));
            for (SourceText.Piece piece : pieces) {
                unresolved |= piece.failed();
            }
        }
        String text = event.getValue();
        if (Scalars.isHalf(text)) {
            throw refuse(event, path, Scalars.HALF);
        }
        ConfigNode.Type type = event.isPlain() ? Scalars.typeOf(text) : ConfigNode.Type.STRING;
        return new ConfigNode.Scalar(location(event), path, text, original, type, unresolved);
    }

    private static String unquoted(String text) {
        int last = text.length() - 1;
        if (last > 0 && (text.charAt(0) == '"' || text.charAt(0) == '\'') && text.charAt(last) == text.charAt(0)) {
            return text.substring(1, last);
        }
        return text;
    }

    private void refuseTag(Event event, Optional<String> tag, String path) {
        if (tag.isPresent()) {
            String shown = source.variableNear(start(event)) ? "a tag" : "tag '" + tag.get() + "'";
            throw refuse(event, path, shown + " is not supported (expected: no tags)");
        }
    }

    private Refused refuse(Event event, String path, String message) {
        sink.accept(Problem.error(location(event), path, message, null));
        return new Refused();
    }

    private Location location(Event event) {
        return source.at(start(event));
    }

    private static Mark start(Event event) {
        return event.getStartMark().orElseThrow();
    }

    private static Mark end(Event event) {
        return event.getEndMark().orElseThrow();
    }
}
