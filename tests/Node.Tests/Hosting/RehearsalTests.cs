using Screening.Node.Hosting.WarmUp;

namespace Screening.Node.Tests.Hosting;

public sealed class RehearsalTests
{
    [Fact]
    public async Task It_ends_by_itself_and_leaves_nothing_behind()
    {
        var parent = Directory.CreateTempSubdirectory("screening-");

        await Rehearsal.RunAsync(parent.FullName, CancellationToken.None);

        Assert.Empty(parent.EnumerateFileSystemInfos());
        parent.Delete();
    }

    [Fact]
    public async Task Without_a_folder_it_is_given_up()
    {
        var file = Path.GetTempFileName();

        await Rehearsal.RunAsync(file, CancellationToken.None);

        Assert.True(File.Exists(file));
        File.Delete(file);
    }
}
