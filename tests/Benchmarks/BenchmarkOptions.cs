using System.Globalization;
using System.Net;

namespace Screening.Benchmarks;

/// <summary>What was asked for on the command line is not to be had. The message is for the one who typed it.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The options that all modes share.</summary>
internal sealed record BenchmarkOptions
{
    public const string Help = """
          --seconds N   length of one measurement (the mode has its own default)
          --rounds N    how often everything is repeated; tables show medians
          --node PATH   the node's program (default: the one built from this checkout)
          --delay MS    fake-lists: time to an answer, 20 by default
          --times FILE  fake-lists: note there how long each client's slowest answer took
          --count N     fleet-*: clients or entries (also --entries N); hostile: peers at a time
          --door NAME   hostile: only this door
          --store NAME  fleet-bans, fleet-entries, dead-sources: only this one (memory, postgresql, sqlite)
          --rate N      fleet-flight, plugin-load: new clients a second, 60 by default; pods: queries a second, 20 by default
          --target A:P  plugin-load: address and port of the plug-in door
          --warm-up S   fleet-flight: seconds of other clients first, 0 by default
          --kill-at S   fleet-flight: kill -9 of one node so many seconds after the first query; 0, the default: never
          --manifests F pods: the folder to render (default: the production overlay)
          --older PATH  pods: the program of an older release, for an update from it and back
          --logs FOLDER pods: write what each pod wrote into it
          --only TEXT   table, cached, doors, pods: only parts with this in their name; several: A|B
          --smoke       table: each part once, for a moment, without peers (exit status 1 if an answer was lost or doubled)
          --unix PATH   echo-server: its unix socket, echo.sock in a temporary folder by default
        """;

    /// <summary>Seconds of one measurement; null: as the mode likes.</summary>
    public double? Seconds { get; init; }

    /// <summary>Repetitions; null: as the mode likes.</summary>
    public int? Rounds { get; init; }

    /// <summary>The node's program.</summary>
    public string Node { get; init; } = "";

    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(20);

    public string Unix { get; init; } = "";

    /// <summary>Where fake lists note how long they took; empty: nowhere.</summary>
    public string Times { get; init; } = "";

    /// <summary>A door of a node that runs already.</summary>
    public string Target { get; init; } = "";

    /// <summary>Clients or entries; null: as the mode likes.</summary>
    public int? Count { get; init; }

    /// <summary>The only store that is meant; empty: all.</summary>
    public string Store { get; init; } = "";

    /// <summary>The only door that is meant; empty: all.</summary>
    public string Door { get; init; } = "";

    /// <summary>New clients a second; null: as the mode likes.</summary>
    public int? Rate { get; init; }

    /// <summary>Manifests to render; empty: those of this checkout.</summary>
    public string Manifests { get; init; } = "";

    /// <summary>The program of an older release; empty: none.</summary>
    public string Older { get; init; } = "";

    /// <summary>Where the logs of pods go; empty: nowhere.</summary>
    public string Logs { get; init; } = "";

    /// <summary>What the phases that are meant have in their names, divided by bars; empty: all.</summary>
    public string Only { get; init; } = "";

    /// <summary>True if it only has to run, whatever the figures are.</summary>
    public bool Smoke { get; init; }

    /// <summary>How long other clients come first.</summary>
    public TimeSpan WarmUp { get; init; }

    /// <summary>When one node is killed; zero: never.</summary>
    public TimeSpan KillAt { get; init; }

    /// <summary>True if a store is to be tried.</summary>
    public bool IsMeant(string store) => Store.Length == 0 || Store == store;

    /// <summary>True if a phase is to be run.</summary>
    public bool IsMeantPhase(string phase) => Only.Split('|').Any(only => phase.Contains(only, StringComparison.Ordinal));

    public TimeSpan Length(double defaultSeconds) => TimeSpan.FromSeconds(Seconds ?? defaultSeconds);

    /// <exception cref="UsageException">An option that nobody knows, or a value that is none.</exception>
    public static BenchmarkOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new BenchmarkOptions();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (arguments[i] == "--smoke")
            {
                options = options with { Smoke = true };
                i--;
                continue;
            }

            var (name, value) = (arguments[i],
                i + 1 < arguments.Length ? arguments[i + 1] : throw new UsageException($"{arguments[i]} needs a value"));
            options = name switch
            {
                "--seconds" => options with { Seconds = Number(name, value) },
                "--rounds" => options with { Rounds = (int)Number(name, value) },
                "--node" => options with { Node = value },
                "--delay" => options with { Delay = TimeSpan.FromMilliseconds(Number(name, value)) },
                "--count" or "--entries" => options with { Count = (int)Number(name, value, 10_000_000) },
                "--door" => options with { Door = value },
                "--rate" => options with { Rate = Math.Max(1, (int)Number(name, value, 10_000)) },
                "--store" => options with
                {
                    Store = value is "memory" or "postgresql" or "sqlite"
                    ? value : throw new UsageException($"--store: there is no {value}")
                },
                "--warm-up" => options with { WarmUp = TimeSpan.FromSeconds(Number(name, value)) },
                "--manifests" => options with { Manifests = value },
                "--older" => options with { Older = value },
                "--logs" => options with { Logs = value },
                "--only" => options with { Only = value },
                "--kill-at" => options with { KillAt = TimeSpan.FromSeconds(Number(name, value)) },
                "--times" => options with { Times = value },
                "--unix" => options with { Unix = value },
                "--target" => options with { Target = value },
                _ => throw new UsageException($"unknown option {name}"),
            };
        }

        return options;
    }

    private static double Number(string name, string value, double most = 3600) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= 0
            && number <= most
            ? number
            : throw new UsageException($"{name}: '{value}' is no number from 0 to {most}");
}
