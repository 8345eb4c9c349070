using System.Runtime.InteropServices;
using Screening.Testing.Lab;

namespace Screening.Benchmarks.Doors;

/// <summary>
/// Two Postfix beside a fleet of two, kept up until SIGTERM or SIGINT; <c>tests/EndToEnd.Tests/mail-lab.sh</c> is its handle.
/// </summary>
internal static class MailLabMode
{
    /// <param name="doors">Those that the mail servers use.</param>
    public static async Task<int> RunAsync(string[] doors)
    {
        await using var lab = await MailLab.StartAsync(doors);
        var end = new TaskCompletionSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        Console.WriteLine($"mx.namespace {lab.Network.Mx.Name}");
        Console.WriteLine($"client.namespace {lab.Network.Client.Name}");
        for (var mx = 0; mx < lab.Postfixes.Count; mx++)
        {
            Console.WriteLine($"mx{mx + 1}.log {lab.Postfixes[mx].LogFile}");
            Console.WriteLine($"mx{mx + 1}.http {lab.HttpSocket(mx)}");
            Console.WriteLine($"mx{mx + 1}.pid {lab.Nodes[mx].Pid}");
        }

        Console.WriteLine("ready");
        await end.Task;
        return 0;

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            end.TrySetResult();
        }
    }
}
