package io.gatehouse.core.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChainTest {
    /** {@code name:priority}, {@code name:outer/priority} with an admit; {@code <x} wants to be before x, {@code >x} after. */
    private static PluginSlot slot(String text) {
        String[] words = text.split(" ", -1);
        List<String> before = new ArrayList<>();
        List<String> after = new ArrayList<>();
        for (String word : words) {
            if (word.startsWith("<")) {
                before.add(word.substring(1));
            } else if (word.startsWith(">")) {
                after.add(word.substring(1));
            }
        }
        String name = words[0].substring(0, words[0].indexOf(':'));
        String[] numbers = words[0].substring(name.length() + 1).split("/", -1);
        return numbers.length == 1
                ? Slots.intercepting(name, Integer.parseInt(numbers[0]), before, after)
                : Slots.admitting(name, Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1]), before, after);
    }

    private static String order(PluginSlot... slots) {
        List<String> names = new ArrayList<>();
        for (Chain.Place place : Chain.places(slots)) {
            names.add(place.kind() == Link.Kind.ADMIT ? "+" + place.name() : place.name());
        }
        return String.join(" ", names);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a:1, b:2, c:3                              | c b a",
                "a:5, b:5, c:5                              | c b a",
                "a:1, p:9/3, b:5                            | +p b p a",
                // one that wants to be earlier moves just before, all others stay
                "a:1 <d, b:2, c:3, d:4, e:5                 | e a d c b",
                "a:1 <d <c, b:2, c:3, d:4                   | a d c b",
                "d:4 <a, c:3, b:2, a:1                      | d c b a",
                // one that wants to be later moves just after
                "d:4 >b, c:3, b:2, a:1                      | c b d a",
                "d:4 >b >c, c:3, b:2, a:1                   | c b d a",
                "a:1 >d, b:2, c:3, d:4                      | d c b a",
                // several
                "a:1 <d, b:2 <d, c:3, d:4                   | b a d c",
                "a:1 <b, b:2 <c, c:3                        | a b c",
                "c:3 >b, b:2 >a, a:1                        | a b c",
                "d:4 >b, b:2 <e, c:3, e:5                   | b e d c",
                "w:500 >x, x:100 <q, q:1000, r:700          | x q r w",
                "a:1 <q >r, q:9, r:2, s:5                   | r a q s",
                // names that are not there
                "a:1 <x >y, b:2                             | b a",
                // of a plugin with two links the outer one moves, which is where Kong would call it
                "a:1 <p, p:9/3, b:5                         | a +p b p",
                "p:9/3 >b, b:5                              | b +p p",
                "p:9/3 >a, b:5, a:1                         | b a +p p",
            })
    void linksByPriorityAndByWish(String slots, String expected) {
        PluginSlot[] given =
                Arrays.stream(slots.split(", ", -1)).map(ChainTest::slot).toArray(PluginSlot[]::new);

        assertThat(order(given)).isEqualTo(expected);
        List<PluginSlot> shuffled = new ArrayList<>(List.of(given));
        java.util.Collections.reverse(shuffled);
        assertThat(order(shuffled.toArray(PluginSlot[]::new))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a:1 <a                          | a a",
                "a:1 >a                          | a a",
                "a:1 <b, b:2 <a                  | a b a",
                "a:1 <b >b, b:2                  | a b a",
                "a:1 <b, b:2 <c, c:3 <a, d:4     | a c b a",
            })
    void findsCircles(String slots, String expected) {
        assertThat(Order.circle(orderings(slots))).isNotNull().isEqualTo(List.of(expected.split(" ", -1)));
    }

    @Test
    void namesThatAreNotThereMakeNoCircle() {
        assertThat(Order.circle(orderings("a:1 <x >x, b:2 <a"))).isNull();
    }

    private static Map<String, PluginSlot.Ordering> orderings(String slots) {
        Map<String, PluginSlot.Ordering> orderings = new HashMap<>();
        for (String text : slots.split(", ", -1)) {
            PluginSlot slot = slot(text);
            orderings.put(slot.name(), slot.ordering());
        }
        return orderings;
    }

    @Test
    void fulfilsEveryWishOfAnyChainWithoutACircle() {
        Random random = new Random(18);
        int tried = 0;
        for (int round = 0; round < 3000; round++) {
            PluginSlot[] slots = new PluginSlot[2 + random.nextInt(7)];
            for (int i = 0; i < slots.length; i++) {
                List<String> before = names(random, slots.length);
                List<String> after = names(random, slots.length);
                slots[i] = random.nextInt(4) == 0
                        ? Slots.admitting("p" + i, 50 + random.nextInt(50), random.nextInt(50), before, after)
                        : Slots.intercepting("p" + i, random.nextInt(100), before, after);
            }
            Map<String, PluginSlot.Ordering> wishes = new HashMap<>();
            for (PluginSlot slot : slots) {
                wishes.put(slot.name(), slot.ordering());
            }
            if (Order.circle(wishes) != null) {
                continue;
            }
            tried++;
            String order = order(slots);
            List<String> outer = new ArrayList<>();
            for (String name : order.split(" ", -1)) {
                String plain = name.replace("+", "");
                if (!outer.contains(plain)) {
                    assertThat(order.contains("+" + plain) == name.startsWith("+"))
                            .as("%s admits before it acts: %s", plain, order)
                            .isTrue();
                    outer.add(plain);
                }
            }
            assertThat(outer).as(order).hasSize(slots.length);
            wishes.forEach((name, wish) -> {
                for (String other : wish.before()) {
                    assertThat(outer.indexOf(name))
                            .as("%s <%s: %s", name, other, order)
                            .isLessThan(outer.indexOf(other));
                }
                for (String other : wish.after()) {
                    assertThat(outer.indexOf(name))
                            .as("%s >%s: %s", name, other, order)
                            .isGreaterThan(outer.indexOf(other));
                }
            });
        }
        assertThat(tried).isGreaterThan(500);
    }

    private static List<String> names(Random random, int count) {
        List<String> names = new ArrayList<>();
        while (random.nextInt(4) == 0 && names.size() < 2) {
            names.add("p" + random.nextInt(count));
        }
        return names;
    }

    @Test
    void aPluginThatOnlyLogsIsLinkedWhereItsPickIsSettled() {
        PluginTier forOne = new PluginTier(Slots.logging("all"), Map.of("c", Slots.logging("one")), Map.of());
        PluginSlot personal = new PluginSlot(
                "log",
                9,
                OptionalInt.empty(),
                PluginSlot.Ordering.NONE,
                PluginTier.EMPTY,
                PluginTier.EMPTY,
                PluginTier.EMPTY,
                forOne);
        PluginSlot forAll = new PluginSlot(
                "log",
                9,
                OptionalInt.empty(),
                PluginSlot.Ordering.NONE,
                PluginTier.EMPTY,
                PluginTier.EMPTY,
                PluginTier.EMPTY,
                new PluginTier(Slots.logging("all"), Map.of(), Map.of()));

        assertThat(Chain.places(new PluginSlot[] {personal}))
                .singleElement()
                .satisfies(place -> assertThat(place.kind()).isEqualTo(Link.Kind.PICK));
        assertThat(Chain.places(new PluginSlot[] {forAll})).isEmpty();
    }
}
