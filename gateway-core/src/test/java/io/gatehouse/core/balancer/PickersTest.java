package io.gatehouse.core.balancer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets how much. */
@NullUnmarked
class PickersTest {
    private static List<Address> addresses(int... weights) {
        List<Address> all = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            String ip = "10.0.0." + (i + 1);
            all.add(new Address(ip, ip, ip, 8000, weights[i], true, new AddressState()));
        }
        return all;
    }

    /** Each a target of its own. */
    private static List<Balancer.Resolved> targets(List<Address> addresses) {
        return addresses.stream()
                .map(one -> new Balancer.Resolved(
                        new BalancedTarget(one.toString(), one.toString(), one.host(), one.port(), one.weight()),
                        List.of(one),
                        "A"))
                .toList();
    }

    private static Map<String, Integer> picks(Picker picker, int count) {
        Map<String, Integer> picks = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            Address address = picker.pick(XxHash32.of("key" + i), null);
            picks.merge(address == null ? "none" : address.ip().substring(7), 1, Integer::sum);
        }
        return picks;
    }

    private static Picker picker(String algorithm, List<Address> all) {
        return switch (algorithm) {
            case "round-robin" -> new RoundRobin(all, new AtomicInteger());
            case "consistent-hashing" -> ConsistentHash.of(targets(all), 10_000);
            case "least-connections" -> new LowestScore.LeastConnections(all);
            default -> new LowestScore.Latency(all);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "100, 100, 100, 1=100;2=100;3=100",
        "100, 200, 0, 1=100;2=200",
        "1, 2, 3, 1=50;2=100;3=150",
        "50, 0, 25, 1=200;3=100",
        "0, 0, 7, 3=300"
    })
    void givesInTurnExactlyByWeight(int first, int second, int third, String expected) {
        Map<String, Integer> shares = picks(new RoundRobin(addresses(first, second, third), new AtomicInteger()), 300);
        assertThat(shares.entrySet().stream().map(Object::toString).collect(Collectors.joining(";")))
                .isEqualTo(expected);
    }

    @Test
    void keepsTheWheelSmallWhenWeightsHaveNoDivisor() {
        int[] weights = IntStream.range(0, 1000).map(i -> 65_535 - i % 2).toArray();
        weights[0] = 1;
        Map<String, Integer> shares = picks(new RoundRobin(addresses(weights), new AtomicInteger()), 131_000);
        assertThat(shares).hasSizeGreaterThan(990); // as many as there are texts of addresses
    }

    @ParameterizedTest
    @ValueSource(strings = {"round-robin", "consistent-hashing", "least-connections", "latency"})
    void passesOverWhatIsUnhealthyOrHasNoWeight(String algorithm) {
        List<Address> all = addresses(100, 100, 0, 100);
        Picker picker = picker(algorithm, all);
        assertThat(picks(picker, 300).keySet()).doesNotContain("3", "none");
        all.get(0).state().set(false);
        assertThat(picks(picker, 300).keySet()).doesNotContain("1", "3", "none");
        all.get(1).state().set(false);
        assertThat(picks(picker, 20)).isEqualTo(Map.of("4", 20));
        all.get(3).state().set(false);
        assertThat(picks(picker, 5)).isEqualTo(Map.of("none", 5));
        all.get(0).state().set(true);
        assertThat(picks(picker, 5)).isEqualTo(Map.of("1", 5));
    }

    @ParameterizedTest
    @ValueSource(strings = {"round-robin", "consistent-hashing", "least-connections", "latency"})
    void keepsAwayFromWhatFailedUntilNothingElseIsLeft(String algorithm) {
        List<Address> all = addresses(1, 1, 1);
        Picker picker = picker(algorithm, all);
        for (int i = 0; i < 50; i++) {
            assertThat(picker.pick(i, List.of(all.get(0), all.get(2)))).isEqualTo(all.get(1));
            assertThat(picker.pick(i, all)).isIn(all);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"round-robin", "consistent-hashing", "least-connections", "latency"})
    void hasNobodyWithoutAddresses(String algorithm) {
        assertThat(picker(algorithm, List.of()).pick(1, null)).isNull();
        assertThat(picker(algorithm, addresses(0)).pick(1, null)).isNull();
    }

    @Test
    void spreadsHashesByWeight() {
        Map<String, Integer> shares = picks(picker("consistent-hashing", addresses(100, 200, 100)), 40_000);
        assertThat(shares.get("1")).isCloseTo(10_000, within(2_500));
        assertThat(shares.get("2")).isCloseTo(20_000, within(2_500));
        assertThat(shares.get("3")).isCloseTo(10_000, within(2_500));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5, 10, 20})
    void movesOnlyTheShareOfAnAddressThatComesOrGoes(int count) {
        int[] weights = IntStream.range(0, count).map(i -> 100).toArray();
        List<Address> all = addresses(weights);
        Picker before = picker("consistent-hashing", all);
        Picker after = picker("consistent-hashing", all.subList(0, count - 1));
        int moved = 0;
        int keys = 20_000;
        for (int i = 0; i < keys; i++) {
            int hash = XxHash32.of("user-" + i);
            Address old = before.pick(hash, null);
            Address now = after.pick(hash, null);
            if (!old.equals(now)) {
                moved++;
            }
        }
        assertThat(moved).isBetween(keys / count / 2, keys / count * 2);
    }

    @Test
    void movesOnlyTheKeysOfAnUnhealthyAddress() {
        List<Address> all = addresses(100, 100, 100, 100);
        Picker ring = picker("consistent-hashing", all);
        Map<Integer, Address> before = new HashMap<>();
        for (int i = 0; i < 5_000; i++) {
            before.put(i, ring.pick(XxHash32.of("k" + i), null));
        }
        all.get(2).state().set(false);
        before.forEach((i, old) -> {
            Address now = ring.pick(XxHash32.of("k" + i), null);
            assertThat(now).isNotEqualTo(all.get(2));
            if (!old.equals(all.get(2))) {
                assertThat(now).isEqualTo(old);
            }
        });
        all.get(2).state().set(true);
        before.forEach(
                (i, old) -> assertThat(ring.pick(XxHash32.of("k" + i), null)).isEqualTo(old));
    }

    @Test
    void makesTheSameRingWhateverTheOrderOfTargets() {
        List<Address> all = addresses(100, 100, 100);
        List<Address> reversed = new ArrayList<>(all);
        java.util.Collections.reverse(reversed);
        Picker one = picker("consistent-hashing", all);
        Picker other = picker("consistent-hashing", reversed);
        for (int i = 0; i < 1_000; i++) {
            assertThat(one.pick(i * 7919, null)).isEqualTo(other.pick(i * 7919, null));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // requests in flight at the first two of three equal ones, then the share of the third
        "1, 1, 3",
        "0, 1, 1|3",
        "2, 0, 2|3",
    })
    void choosesTheFewestInFlight(int first, int second, String expected) {
        List<Address> all = addresses(100, 100, 100);
        IntStream.range(0, first).forEach(i -> all.get(0).state().begun());
        IntStream.range(0, second).forEach(i -> all.get(1).state().begun());
        assertThat(String.join("|", picks(picker("least-connections", all), 200).keySet()))
                .isEqualTo(expected);
    }

    @Test
    void weighsRequestsInFlight() {
        List<Address> all = addresses(100, 300);
        Picker picker = picker("least-connections", all);
        Map<String, Integer> shares = new TreeMap<>();
        for (int i = 0; i < 40; i++) { // none of them ends
            Address address = picker.pick(0, null);
            address.state().begun();
            shares.merge(address.ip(), 1, Integer::sum);
        }
        assertThat(shares).isEqualTo(Map.of("10.0.0.1", 10, "10.0.0.2", 30));
    }

    @Test
    void choosesTheFastest() {
        List<Address> all = addresses(100, 100, 200);
        long now = System.nanoTime();
        all.get(0).state().took(80_000_000, now);
        all.get(1).state().took(20_000_000, now);
        all.get(2).state().took(30_000_000, now);
        assertThat(picks(picker("latency", all), 50)).isEqualTo(Map.of("3", 50)); // 30 for twice the weight
    }

    @Test
    void givesANewAddressTheMeanLatency() {
        List<Address> all = addresses(100, 100, 100);
        long now = System.nanoTime();
        all.get(0).state().took(10_000_000, now);
        all.get(1).state().took(30_000_000, now);
        Picker picker = picker("latency", all);
        long then = System.nanoTime(); // all get better alike while time passes
        double mean = (all.get(0).state().latency(then) + all.get(1).state().latency(then)) / 2;
        assertThat(all.get(2).state().latency(then)).isCloseTo(mean, within(mean / 20));
        assertThat(picks(picker, 20)).isEqualTo(Map.of("1", 20));
    }
}
