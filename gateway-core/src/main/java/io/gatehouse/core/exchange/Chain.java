package io.gatehouse.core.exchange;

import io.gatehouse.api.Next;
import io.gatehouse.api.Redaction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The plugins of some routes in order, linked once when the snapshot is built. Routes with the same plugins and the same
 * upstream share one. Immutable.
 */
public final class Chain {
    private static final Redaction NO_CREDENTIALS = new Redaction(Set.of(), Set.of(), Set.of());
    private static final Redaction USUAL = new Redaction(Redaction.USUAL_HEADERS, Set.of(), Set.of());

    private final PluginSlot[] slots;
    private final Next first;
    private final Redaction credentialsRead;
    private final Redaction redaction;

    /**
     * Links a chain.
     *
     * @param slots in any order; no two of one name, and no circle in what they say of their ordering
     * @param innermost what the last plugin calls
     */
    public Chain(List<PluginSlot> slots, Next innermost) {
        List<PluginSlot> ordered = new ArrayList<>(slots);
        ordered.sort(Comparator.comparingInt(PluginSlot::priority)
                .reversed()
                .thenComparing(Comparator.comparing(PluginSlot::name).reversed()));
        this.slots = ordered.toArray(PluginSlot[]::new);
        this.first = link(innermost);
        this.credentialsRead = credentialsRead(ordered);
        this.redaction = withUsual(credentialsRead);
    }

    Next first() {
        return first;
    }

    int size() {
        return slots.length;
    }

    PluginSlot slot(int index) {
        return slots[index];
    }

    Redaction redaction() {
        return redaction;
    }

    Redaction credentialsRead() {
        return credentialsRead;
    }

    /** One link to be; the outer one of a plugin with two is where Kong would call it. */
    record Place(int priority, String name, int slot, Link.Kind kind, boolean outermost) {}

    private Next link(Next innermost) {
        List<Place> places = places(slots);
        Next next = innermost;
        for (int i = places.size() - 1; i >= 0; i--) {
            Place place = places.get(i);
            next = new Link(place.slot(), place.name(), place.kind(), next);
        }
        return next;
    }

    /** What is linked, outermost first. */
    static List<Place> places(PluginSlot[] slots) {
        List<Place> places = new ArrayList<>();
        for (int i = 0; i < slots.length; i++) {
            PluginSlot slot = slots[i];
            if (slot.admits()) {
                places.add(new Place(slot.outerPriority(), slot.name(), i, Link.Kind.ADMIT, true));
            }
            if (slot.intercepts()) {
                places.add(new Place(slot.priority(), slot.name(), i, Link.Kind.INTERCEPT, !slot.admits()));
            } else if (slot.isPersonal() && !slot.admits()) {
                // it only logs, but for whom is settled here: a consumer that is found further in comes too late
                places.add(new Place(slot.priority(), slot.name(), i, Link.Kind.PICK, true));
            }
        }
        places.sort(Comparator.comparingInt(Place::priority)
                .thenComparing(Place::name)
                .reversed());
        return Order.of(places, slots);
    }

    private static Redaction withUsual(Redaction read) {
        if (read.equals(NO_CREDENTIALS)) {
            return USUAL;
        }
        Set<String> headers = new HashSet<>(Redaction.USUAL_HEADERS);
        headers.addAll(read.headers());
        return new Redaction(headers, read.queryArguments(), read.bodyFields());
    }

    private static Redaction credentialsRead(List<PluginSlot> slots) {
        Set<String> headers = new HashSet<>();
        Set<String> arguments = new HashSet<>();
        Set<String> fields = new HashSet<>();
        for (PluginSlot slot : slots) {
            for (PluginInstance instance : slot.instances()) {
                lowerCased(instance.reads().headers(), headers);
                lowerCased(instance.reads().queryArguments(), arguments);
                lowerCased(instance.reads().bodyFields(), fields);
            }
        }
        Redaction read = new Redaction(headers, arguments, fields);
        return read.equals(NO_CREDENTIALS) ? NO_CREDENTIALS : read;
    }

    private static void lowerCased(Set<String> names, Set<String> into) {
        for (String name : names) {
            into.add(name.toLowerCase(Locale.ROOT));
        }
    }
}
