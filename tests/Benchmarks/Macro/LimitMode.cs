using Screening.Benchmarks.Load;

namespace Screening.Benchmarks.Macro;

/// <summary>The load client against the limit alone: what this machine can show at best.</summary>
internal static class LimitMode
{
    public static int Run(Bench bench)
    {
        using var echo = bench.StartEcho();
        var table = new Table("The limit alone", "sockets", "/s", "p50 us", "p99 us", "max us", "CPU us", "client busy");
        foreach (var scheme in Sockets.Both)
        {
            foreach (var shape in CachedMode.Shapes)
            {
                using var load = new PluginLoad(echo.PluginEndpoint(scheme), shape.Connections);
                var clients = LoadClients.Repeat(LoadClients.Parse("198.18.0.0"), 1000);
                var result = load.RunClosed(shape.Depth, TimeSpan.FromSeconds(0.5), bench.Options.Length(1), clients, echo.Usage);
                table.Add(
                    $"{scheme} {shape}", result.PerSecond.Rate(), result.All.Latency.Percentile(.5).TotalMicroseconds.Figure(),
                    result.All.Latency.Percentile(.99).TotalMicroseconds.Figure(), result.All.Latency.Max.TotalMicroseconds.Rate(),
                    result.ServerMicroseconds.Figure(), (result.ClientCpu / result.Window).Share());
                if (!result.IsClean)
                    Console.WriteLine($"{scheme} {shape}: {result}");
            }
        }

        table.Print();
        return 0;
    }
}
