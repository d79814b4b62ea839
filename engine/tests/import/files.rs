//! Files as they come: encodings, line ends, widths, numbers.

use domain::model::import::ImportStatus;
use sqlx::PgPool;

use super::{companies, count_lines, engine_of_its_own, import, support::engine, upload};

#[sqlx::test(migrations = "../migrations")]
async fn encodings_and_delimiters_give_the_same_rows(pool: PgPool) {
    let engine = engine(&pool);
    let utf16 = |text: &str, big: bool, bom: bool| -> Vec<u8> {
        let text = if bom {
            format!("\u{FEFF}{text}")
        } else {
            text.to_owned()
        };
        text.encode_utf16()
            .flat_map(|u| {
                if big {
                    u.to_be_bytes()
                } else {
                    u.to_le_bytes()
                }
            })
            .collect()
    };
    let table = |n: usize, delimiter: char, end: &str| {
        format!("name{delimiter}website{end}Müller {n}{delimiter}m{n}.example{end}")
    };
    let files: Vec<Vec<u8>> = vec![
        table(0, ',', "\n").into_bytes(),
        table(1, ';', "\r\n").into_bytes(),
        format!("\u{FEFF}{}", table(2, '\t', "\n")).into_bytes(),
        utf16(&table(3, ',', "\n"), false, true),
        utf16(&table(4, ',', "\r\n"), true, true),
        utf16(&table(5, '|', "\n"), false, false),
        table(6, ',', "\n")
            .chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect(),
    ];
    for (n, bytes) in files.iter().enumerate() {
        assert_eq!(
            import(&engine, &format!("f{n}.csv"), bytes).await.accepted,
            1,
            "file {n}"
        );
    }
    let names: Vec<String> = companies(&pool)
        .await
        .into_iter()
        .map(|row| row.0.unwrap())
        .collect();
    assert_eq!(
        names,
        (0..7).map(|n| format!("Müller {n}")).collect::<Vec<_>>()
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_first_umlaut_may_come_late(pool: PgPool) {
    let engine = engine(&pool);
    let mut ascii = String::from("name,website\n");
    for n in 0..4_000 {
        ascii.push_str(&format!("Plain {n},plain{n}.example\n"));
    }
    assert!(ascii.len() > 70_000);
    let files: [(&[u8], &str); 3] = [
        // Windows-1252; the last two bytes of the name would be a character of UTF-8.
        (
            b"M\xFCller \x80 \xABCAF\xC9\xBB,m.example\n",
            "Müller € «CAFÉ»",
        ),
        ("Müller € «CAFÉ»,u.example\n".as_bytes(), "Müller € «CAFÉ»"),
        // Two lists in one file: nothing becomes a replacement character.
        (
            b"M\xC3\xBCller \xE2\x82\xAC M\xFCller,b.example\n",
            "Müller € Müller",
        ),
    ];
    for (n, (row, name)) in files.into_iter().enumerate() {
        let bytes = [
            ascii
                .replace(".example", &format!("-{n}.example"))
                .as_bytes(),
            row,
        ]
        .concat();
        import(&engine, &format!("late{n}.csv"), &bytes).await;
        let rows = companies(&pool).await;
        assert_eq!(rows.len(), 4_001 * (n + 1));
        assert_eq!(rows.last().unwrap().0.as_deref(), Some(name));
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn lines_are_counted_whatever_ends_them(pool: PgPool) {
    let engine = engine(&pool);
    for (n, end) in ["\n", "\r\n", "\r"].into_iter().enumerate() {
        let lines = [
            "name,website,note",
            &format!("A,a{n}.example,\"two"),
            "lines\"",
            "",
            &format!("B,b{n}.example,"),
            "",
            &format!("C,a{n}.example,"),
            "Bad,not a site,",
        ];
        let batch = import(&engine, "ends.csv", lines.join(end).as_bytes()).await;
        let kept = companies(&pool).await;
        let kept: Vec<i64> = kept[n * 2..].iter().map(|row| row.2).collect();
        assert_eq!(kept, [2, 5], "{end:?}");
        let rejects = engine.import_rejects(&batch.batch_id, None).await.unwrap();
        let lines: Vec<i64> = rejects.rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [7, 8], "{end:?}");
        assert_eq!(rejects.rows[0].reason, "Duplicate of line 2 in this file");
        assert_eq!(count_lines(&engine, &batch.batch_id).await, 8);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_number_with_two_readings_is_kept_as_text_and_reported(pool: PgPool) {
    let engine = engine(&pool);
    let text = "name;employees;founded\nA;1.200;1998\nB;10,5;1998-03-31\nC;1.5k;\nD;-5;\nE;1,200;\nF;51-200;98\n";
    let batch = import(&engine, "numbers.csv", text.as_bytes()).await;
    assert_eq!(batch.accepted, 6);
    let numbers: Vec<(Option<i32>, Option<i32>)> =
        sqlx::query_as("SELECT num_employees, founded_year FROM company_raw_intake ORDER BY id")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(
        numbers,
        [
            (None, Some(1998)),
            (None, Some(1998)),
            (None, None),
            (None, None),
            (Some(1200), None),
            (None, None)
        ]
    );
    let (report, _) = engine
        .import_report(&batch.batch_id, false, None)
        .await
        .unwrap()
        .unwrap();
    let rows: Vec<csv::StringRecord> = csv::Reader::from_reader(report.as_bytes())
        .records()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        &rows[0][2],
        "employees: \"1.200\" is not a plain whole number and is kept as text"
    );
    assert_eq!(&rows[4][2], "");
    let written: Vec<&str> = rows.iter().map(|row| &row[4]).collect();
    assert_eq!(written[..3], ["1.200", "10,5", "1.5k"]);
    assert_eq!(written[4..], ["1,200", "51-200"]);
    assert_eq!(&rows[1][5], "1998-03-31");
}

#[sqlx::test(migrations = "../migrations")]
async fn empty_cells_beyond_the_last_column_do_not_matter(pool: PgPool) {
    let batch = import(
        &engine(&pool),
        "wide.csv",
        b"name,website\nA,a.example,,\nB,b.example, ,\nC,c.example,,x\n",
    )
    .await;
    assert_eq!((batch.accepted, batch.rejected), (2, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_preview_knows_the_encoding_of_the_whole_file(pool: PgPool) {
    let (_folder, engine) = engine_of_its_own(&pool, true);
    let mut bytes = b"name,website\n".to_vec();
    bytes.extend(b"Plain,plain.example\n".repeat(5_000));
    bytes.extend(b"M\xFCller,m.example\n");
    let preview = upload(&engine, "late.csv", &bytes).await;
    assert_eq!(preview.encoding, "Latin-1");
    assert_eq!(
        engine.import_preview(&preview.batch_id).await.unwrap(),
        preview
    );
    let batch = engine.import_batch(&preview.batch_id).await.unwrap();
    assert_eq!(batch.status, ImportStatus::Uploaded);
}
