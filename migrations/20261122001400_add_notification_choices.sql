-- What a person is told of while they look at something else: names of domain::model::news::NewsKind.
ALTER TABLE app.users ADD COLUMN told TEXT[] NOT NULL DEFAULT '{regressions,new_errors,queue,imports}'
    CHECK (told <@ '{regressions,new_errors,queue,imports}'::TEXT[]);
